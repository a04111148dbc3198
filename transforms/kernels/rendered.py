"""Examples as training text: the whole text of each, what of it is learned, and where its completion is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, SYSTEM
from transforms.kernels.adapters.adapter import text_of
from transforms.kernels.arrays import buffers

SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])
"""From which character, or token, up to which."""

SPANS = pa.list_(SPAN)
_NOTHING = pa.scalar("", pa.large_string())


@dataclass(frozen=True)
class Turns:
    """The turns of some examples, one after another; `starts` says where those of each begin, and the end."""

    starts: np.ndarray
    role: pa.LargeStringArray
    content: pa.LargeStringArray
    input: pa.LargeStringArray

    @classmethod
    def of(cls, turns: pa.ListArray) -> Turns:
        """The turns of a column of TURNS; what is null has no text."""
        lengths = pc.fill_null(pc.list_value_length(turns), 0).to_numpy(zero_copy_only=False)
        flat = turns.flatten()
        role, content, given = (text_of(flat.field(name)) for name in ("role", "content", "input"))
        return cls(np.append(0, np.cumsum(lengths, dtype=np.int64)), role, content, given)

    def by(self, role: str) -> np.ndarray:
        """Mark the turns of a role."""
        return np.asarray(pc.equal(self.role, role).to_numpy(zero_copy_only=False))

    @property
    def first(self) -> np.ndarray:
        """Mark the first turn of each example."""
        mask = np.zeros(len(self.role), bool)
        mask[self.starts[:-1][np.diff(self.starts) > 0]] = True
        return mask

    @property
    def follows_answer(self) -> np.ndarray:
        """Mark the turns that come after one of the assistant's."""
        return np.append(False, self.by(ASSISTANT)[:-1])[: len(self.role)] & ~self.first

    @property
    def last_answers(self) -> np.ndarray:
        """The last turn of the assistant's in each example, or -1 where it has none."""
        at = np.where(self.by(ASSISTANT), np.arange(len(self.role)), -1)
        reached = np.append(-1, np.maximum.accumulate(at) if len(at) else at)[self.starts[1:]]
        return np.asarray(np.where(reached >= self.starts[:-1], reached, -1))


def whole(turns: pa.ListArray) -> pa.ListArray:
    """The turns of each example without those that are null; none where there is no list.

    An empty system prompt that a column has is no turn either, as in record ids.

    >>> from schemas.example import TURNS
    >>> whole(pa.array([None, [None, {"role": "user"}]], TURNS)).to_pylist()[1][0]["role"]
    'user'
    """
    flat, lengths = turns.flatten(), pc.fill_null(pc.list_value_length(turns), 0).to_numpy()
    beside = pc.and_(pc.equal(flat.field("role"), SYSTEM), flat.field("speaker").is_null())
    silent = pc.and_(beside, pc.equal(text_of(flat.field("content")), ""))
    there = pc.and_(flat.is_valid(), pc.invert(pc.fill_null(silent, False)))  # noqa: FBT003 — the value to fill in
    counts = np.append(0, np.cumsum(there.to_numpy(zero_copy_only=False)))
    offsets = counts[np.append(0, np.cumsum(lengths, dtype=np.int64))]
    return pa.ListArray.from_arrays(offsets.astype(np.int32), flat.filter(there), type=turns.type)


class Pieces(NamedTuple):
    """Each turn's text in three pieces: what stands before what is learned, that, and what follows it."""

    before: pa.LargeStringArray
    learned: pa.LargeStringArray
    after: pa.LargeStringArray


@dataclass(frozen=True)
class Rendered:
    """Texts to train on.

    `spans` is where each is learned, in characters (SPANS); `cuts` where its completion begins and ends, in
    bytes (int64 of shape (rows, 2)): that is its last answer, with what ends it.
    """

    text: pa.LargeStringArray
    spans: pa.ListArray
    cuts: np.ndarray

    def prompts_and_completions(self) -> tuple[pa.LargeStringArray, pa.LargeStringArray]:
        """What stands before the last answer of each text, and that answer."""
        data, offsets = buffers(self.text)
        edges = np.column_stack([offsets[:-1], offsets[:-1, None] + self.cuts]).ravel()
        pieces = _texts(np.append(edges, offsets[-1]), data)
        prompts = np.arange(0, 3 * len(self.text), 3)
        return pieces.take(pa.array(prompts)), pieces.take(pa.array(prompts + 1))

    def filter(self, kept: np.ndarray) -> Rendered:
        """Some of the texts."""
        mask = pa.array(kept)
        return Rendered(self.text.filter(mask), self.spans.filter(mask), self.cuts[kept])


def assemble(turns: Turns, pieces: Pieces) -> Rendered:
    """Put the pieces of turns together: an answer is learned if there is anything of it."""
    chars = np.stack([pc.utf8_length(piece).to_numpy() for piece in pieces]).astype(np.int64)
    learned = turns.by(ASSISTANT) & (chars[1] > 0)
    spans = _spans(turns, chars, learned)
    data, ends = buffers(pc.binary_join_element_wise(*pieces, _NOTHING))
    offsets = ends[turns.starts]
    size = pc.binary_length(pieces.before).to_numpy()
    last = turns.last_answers
    cuts = np.repeat(np.diff(offsets)[:, None], 2, axis=1)
    there = last >= 0
    begins = ends[last[there]]
    cuts[there, 0] = begins + size[last[there]] - offsets[:-1][there]
    cuts[there, 1] = ends[last[there] + 1] - offsets[:-1][there]
    return Rendered(_texts(offsets, data), spans, cuts)


def _spans(turns: Turns, chars: np.ndarray, learned: np.ndarray) -> pa.ListArray:
    """Where the learned pieces of each example are, by the characters of all pieces."""
    ends = np.append(0, np.cumsum(chars.sum(0)))
    row = np.repeat(np.arange(len(turns.starts) - 1), np.diff(turns.starts))
    begin = (ends[:-1] - ends[turns.starts[:-1]][row] + chars[0])[learned]
    counts = np.append(0, np.cumsum(learned))[turns.starts]
    return span_column(counts, begin, begin + chars[1][learned])


def span_column(offsets: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pa.ListArray:
    """A column of SPANS: those of row i are `offsets[i]:offsets[i + 1]` in the lists of starts and ends.

    >>> span_column(np.array([0, 1, 1]), np.array([3]), np.array([7])).to_pylist()
    [[{'start': 3, 'end': 7}], []]
    """
    flat = pa.StructArray.from_arrays([pa.array(starts), pa.array(ends)], fields=list(SPAN))
    return pa.ListArray.from_arrays(offsets.astype(np.int32), flat)


def _texts(offsets: np.ndarray, data: np.ndarray) -> pa.LargeStringArray:
    content = [None, pa.py_buffer(np.ascontiguousarray(offsets, np.int64)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, content)
