"""Turns as trainers' own shapes: chat `messages`, and ShareGPT `conversations`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, SYSTEM, TOOL, USER
from transforms.kernels.rendered import Turns
from transforms.kernels.templates import spoken

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())]))
CONVERSATIONS = pa.list_(pa.struct([("from", pa.string()), ("value", pa.large_string())]))

SPEAKERS = {SYSTEM: "system", USER: "human", ASSISTANT: "gpt", TOOL: "observation"}
"""ShareGPT's word for each role."""

CALLS = ("function_call", "tool_call")
"""ShareGPT's words for an answer that calls a tool, which it keeps."""


def messages(turns: pa.ListArray) -> pa.ListArray:
    """Turns as MESSAGES."""
    found = Turns.of(turns)
    return _listed(found, found.role.cast(pa.string()), MESSAGES)


def conversations(turns: pa.ListArray) -> pa.ListArray:
    """Turns as CONVERSATIONS; a role that ShareGPT has no word for stays as it is."""
    found = Turns.of(turns)
    names = pc.index_in(found.role, value_set=pa.array(list(SPEAKERS), pa.large_string()))
    known = pa.array(list(SPEAKERS.values()), pa.string()).take(names)
    spoken_as = pc.struct_field(turns.flatten(), "speaker").cast(pa.string())
    calls = pc.fill_null(pc.is_in(spoken_as, value_set=pa.array(CALLS)), False)  # noqa: FBT003 — the value to fill in
    speaker = pc.if_else(calls, spoken_as, pc.coalesce(known, found.role.cast(pa.string())))
    return _listed(found, speaker, CONVERSATIONS)


def _listed(turns: Turns, speaker: pa.StringArray, kind: pa.ListType) -> pa.ListArray:
    flat = pa.StructArray.from_arrays([speaker, spoken(turns)], fields=list(kind.value_type))
    return pa.ListArray.from_arrays(turns.starts.astype(np.int32), flat, type=kind)


def rests(turns: pa.ListArray) -> Iterator[list[dict[str, Any]]]:
    """What else than text there is to each turn of each example, such as tool calls."""
    flat = pc.struct_field(turns.flatten(), "rest").to_pylist()
    at = 0
    for length in pc.fill_null(pc.list_value_length(turns), 0).to_pylist():
        yield [(json.loads(rest) if rest else None) or {} for rest in flat[at : at + length]]
        at += length


def has_rest(turns: pa.ListArray) -> np.ndarray:
    """Mark the examples that have more to a turn than text."""
    rest = pc.fill_null(pc.not_equal(pc.struct_field(turns.flatten(), "rest"), "null"), False)  # noqa: FBT003 — the value to fill in
    there = rest.to_numpy(zero_copy_only=False)
    lengths = pc.fill_null(pc.list_value_length(turns), 0).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(turns)), lengths)
    return np.asarray(np.bincount(row[there], minlength=len(turns)) > 0)


def hides_rest(turns: pa.ListArray, names: Iterable[str]) -> np.ndarray:
    """Mark the examples in which the rest of a turn has a name that its role or text is written under.

    >>> from schemas.example import TURNS
    >>> told = [[{"role": "user", "rest": rest}] for rest in ('{"content":[]}', '{"name":"Ann"}', None)]
    >>> hides_rest(pa.array(told, TURNS), ("role", "content")).tolist()
    [True, False, False]
    """
    taken = set(names)
    found = (any(not taken.isdisjoint(rest) for rest in others) for others in rests(turns))
    return np.fromiter(found, bool, len(turns))
