"""Turns as columns: which row each is of, and what turns of one role say together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, SYSTEM, TOOL, USER
from transforms.kernels.arrays import buffers

_OTHER_WORDS = {
    "human": USER,
    "prompter": USER,
    "gpt": ASSISTANT,
    "chatgpt": ASSISTANT,
    "bot": ASSISTANT,
    "model": ASSISTANT,
    "ai": ASSISTANT,
    "function_call": ASSISTANT,
    "tool_call": ASSISTANT,
    "developer": SYSTEM,
    "observation": TOOL,
    "function": TOOL,
    "function_response": TOOL,
    "tool_response": TOOL,
    "ipython": TOOL,
}
_WORDS = _OTHER_WORDS | {role: role for role in (SYSTEM, USER, ASSISTANT, TOOL)}


class Spoken(NamedTuple):
    """The turns of some rows, one after another: `role` and `content` of each; `offsets` says whose they are.

    `offsets` is int64, one longer than the rows; `content` is large_string without nulls.
    """

    offsets: np.ndarray
    role: pa.StringArray
    content: pa.LargeStringArray

    @property
    def row(self) -> np.ndarray:
        """The row of each turn."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def of(self, role: str) -> np.ndarray:
        """Mark the turns of a role."""
        return np.asarray(pc.fill_null(pc.equal(self.role, role), False).to_numpy(zero_copy_only=False))  # noqa: FBT003 — the value to fill in


def canonical_roles(speakers: pa.StringArray) -> pa.StringArray:
    """The role that each speaker's name stands for; a name that stands for none stays as it is.

    >>> canonical_roles(pa.array(["Human", "gpt", "observation", "narrator", None])).to_pylist()
    ['user', 'assistant', 'tool', 'narrator', None]
    """
    coded = speakers.dictionary_encode()
    words = [word.decode(errors="replace") for word in coded.dictionary.cast(pa.binary()).to_pylist()]
    roles = pa.array([_WORDS.get(word.lower(), word) for word in words], pa.string())
    return roles.take(coded.indices)


def offsets_of(lists: pa.Array) -> np.ndarray:
    """Where the values of each list begin in what `flatten` gives, and the end (int64); null is empty.

    >>> offsets_of(pa.array([["a", "b"], None, ["c"]])[1:]).tolist()
    [0, 0, 1]
    """
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    return np.append(0, np.cumsum(lengths, dtype=np.int64))


def join_lists(texts: pa.LargeStringArray, offsets: np.ndarray) -> pa.LargeStringArray:
    r"""The texts of each list joined by a newline, leaving out empty ones.

    >>> join_lists(pa.array(["a", "", "b", "c"], pa.large_string()), np.array([0, 3, 3, 4])).to_pylist()
    ['a\nb', '', 'c']
    """
    filled = np.diff(buffers(texts).offsets) > 0
    kept = np.append(0, np.cumsum(filled))[offsets]
    present = texts.filter(pa.array(filled))
    last = np.zeros(len(present), bool)
    last[kept[1:][np.diff(kept) > 0] - 1] = True
    ends = pc.if_else(pa.array(last), pa.scalar("", pa.large_string()), pa.scalar("\n", pa.large_string()))
    data, at = buffers(pc.binary_join_element_wise(present, ends, pa.scalar("", pa.large_string())))
    content = [None, pa.py_buffer(np.ascontiguousarray(at[kept])), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, content)


def join_marked(spoken: Spoken, marked: np.ndarray) -> pa.LargeStringArray:
    """The marked turns of each row joined by a newline."""
    return join_lists(
        spoken.content.filter(pa.array(marked)), np.append(0, np.cumsum(marked))[spoken.offsets]
    )


def first_of_each(spoken: Spoken, marked: np.ndarray) -> np.ndarray:
    """Mark the first of the marked turns of each row.

    >>> words = pa.array(["a", "b", "c"])
    >>> spoken = Spoken(np.array([0, 2, 3]), words, words.cast(pa.large_string()))
    >>> first_of_each(spoken, np.array([True, True, False])).tolist()
    [True, False, False]
    """
    before = np.append(0, np.cumsum(marked))
    return np.asarray(marked & (before[:-1] == before[spoken.offsets[:-1]][spoken.row]))


def prompted(spoken: Spoken, prompts: pa.LargeStringArray) -> Spoken:
    """The turns of each row after its system prompt, where that is not empty.

    >>> words = pa.array(["a", "b"])
    >>> spoken = Spoken(np.array([0, 1, 2]), words, words.cast(pa.large_string()))
    >>> found = prompted(spoken, pa.array(["", "p"], pa.large_string()))
    >>> found.offsets.tolist(), found.content.to_pylist()
    ([0, 1, 3], ['a', 'p', 'b'])
    """
    told = np.asarray(pc.not_equal(prompts, "").to_numpy(zero_copy_only=False))
    rows = np.flatnonzero(told)
    order = pa.array(np.argsort(np.concatenate([rows, spoken.row]), kind="stable"))
    roles = pa.concat_arrays([pa.array([SYSTEM] * len(rows), pa.string()), spoken.role])
    content = pa.concat_arrays([prompts.take(pa.array(rows)), spoken.content])
    offsets = spoken.offsets + np.append(0, np.cumsum(told))
    return Spoken(offsets, roles.take(order), content.take(order))
