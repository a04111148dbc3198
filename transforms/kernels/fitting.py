"""Texts that fit: those of more tokens than allowed are dropped, or lose their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.rendered import Rendered, span_column
from transforms.kernels.token_counts import Counter

TooLong: TypeAlias = Literal["drop", "truncate"]


@dataclass(frozen=True)
class Fitted:
    """Texts with the tokens of each, which of the given ones they are, and what became of the others."""

    rendered: Rendered
    tokens: np.ndarray
    kept: np.ndarray
    too_long: int = 0
    truncated: int = 0
    nothing_left: int = 0


def fit(rendered: Rendered, counter: Counter, most: int | None, too_long: TooLong) -> Fitted:
    """Texts of at most so many tokens; None allows any number."""
    tokens = counter.count(rendered.text)
    long = tokens > most if most is not None else np.zeros(len(tokens), bool)
    if most is None or not long.any():
        return Fitted(rendered, tokens, ~long)
    if too_long == "drop":
        return Fitted(rendered.filter(~long), tokens[~long], ~long, too_long=int(long.sum()))
    cut = _truncate(rendered, counter, most, long)
    tokens[long] = counter.count(cut.text.filter(pa.array(long)))
    learned = pc.list_value_length(cut.spans).to_numpy() > 0
    kept = ~long | learned
    truncated = int((long & learned).sum())
    nothing = int((~kept).sum())
    return Fitted(cut.filter(kept), tokens[kept], kept, truncated=truncated, nothing_left=nothing)


def _truncate(rendered: Rendered, counter: Counter, most: int, long: np.ndarray) -> Rendered:
    """The texts, the marked ones cut to their first `most` tokens."""
    mask = pa.array(long)
    beginnings = [counter.cut(text, most) for text in rendered.text.filter(mask).to_pylist()]
    text = pc.replace_with_mask(rendered.text, mask, pa.array(beginnings, pa.large_string()))
    size = pc.binary_length(text).to_numpy()
    return Rendered(text, _clip(rendered.spans, text), np.minimum(rendered.cuts, size[:, None]))


def _clip(spans: pa.ListArray, text: pa.LargeStringArray) -> pa.ListArray:
    """What is left of spans in shorter texts."""
    row = pc.list_parent_indices(spans).to_numpy()
    flat = spans.flatten()
    starts, ends = (pc.struct_field(flat, name).to_numpy() for name in ("start", "end"))
    ends = np.minimum(ends, pc.utf8_length(text).to_numpy()[row])
    left = starts < ends
    offsets = np.append(0, np.cumsum(np.bincount(row[left], minlength=len(text))))
    return span_column(offsets, starts[left], ends[left])
