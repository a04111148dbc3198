"""Typed parts of a turn's content: columns of them, or, among texts, their JSON."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.adapters.adapter import is_text, text_of
from transforms.kernels.adapters.rest import as_json
from transforms.kernels.turns import join_lists, offsets_of

Parts: TypeAlias = dict[int, list[dict[str, Any]]]
"""Typed parts by the number of the turn that has them instead of a text."""


def parts_among(texts: pa.Array) -> Parts:
    """Typed parts that stand as their JSON in a column of texts, as in JSON Lines that have both.

    >>> parts_among(pa.array(['[{"type":"text","text":"Hi"}]', "[{", None, "Hi"]))
    {0: [{'type': 'text', 'text': 'Hi'}]}
    """
    likely = pc.indices_nonzero(pc.starts_with(texts.cast(pa.large_string()), '[{"'))
    candidates = texts.take(likely).cast(pa.large_binary()).to_pylist()
    found = zip(likely.to_pylist(), map(_read, candidates), strict=True)
    return {at: parts for at, parts in found if parts is not None}


def _read(text: bytes) -> list[dict[str, Any]] | None:
    """The typed parts that a text is the exact JSON of; None for any other text."""
    try:
        found = json.loads(text)
        typed = all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in found)
        return found if typed and as_json(found).encode() == text else None
    except (ValueError, RecursionError):
        return None


def without_parts(texts: pa.LargeStringArray, parts: Parts) -> pa.LargeStringArray:
    """The texts, with the texts of parts, joined by newlines, in place of the JSON of these."""
    if not parts:
        return texts
    mask = np.zeros(len(texts), bool)
    mask[list(parts)] = True
    said = [
        "\n".join(text for part in parts[at] if isinstance(text := part.get("text"), str) and text)
        for at in sorted(parts)
    ]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(said, pa.large_string()))


def text_of_parts(parts: pa.Array) -> pa.LargeStringArray:
    """The texts of a column of typed parts joined by a newline, null where there are no parts."""
    kind = parts.type
    texts = pa.repeat(pa.scalar("", pa.large_string()), len(parts))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = kind.value_type
        names = {one.name for one in inner} if pa.types.is_struct(inner) else set()
        if "text" in names and is_text(inner.field("text").type):
            texts = join_lists(text_of(_texts(parts.flatten())), offsets_of(parts))
    return pc.if_else(parts.is_valid(), texts, pa.scalar(None, pa.large_string()))


def _texts(parts: pa.StructArray) -> pa.Array:
    """The text of each part, null where the part is."""
    return dict(zip([one.name for one in parts.type], parts.flatten(), strict=True))["text"]
