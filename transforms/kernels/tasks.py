"""What an instruction asks for: its task verb and category."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.texts import Texts

OTHER = "other"
FIRST_VERBS = {
    "write": "generation",
    "translate": "transformation",
    "summarize": "transformation",
    "classify": "analysis",
    "answer": "qa",
    "explain": "qa",
    "list": "qa",
    "describe": "generation",
    "compare": "analysis",
    "generate": "generation",
    "create": "generation",
    "analyze": "analysis",
    "extract": "extraction",
    "rewrite": "transformation",
    "convert": "transformation",
}
"""The article's verbs, in its order, and the category each falls in."""

_VERBS = [*FIRST_VERBS, OTHER]
_CATEGORIES = [*FIRST_VERBS.values(), OTHER]
_WORDS = 5


class Tasks(NamedTuple):
    """What some examples ask for: string columns, null where a tagger does not tell."""

    verb: pa.StringArray
    category: pa.StringArray
    noun: pa.StringArray
    difficulty: pa.StringArray
    domain: pa.StringArray


class Tagger(Protocol):
    """Tags the task of each example."""

    def __call__(self, texts: Texts) -> Tasks:
        """Verb and category of each example, and what else the tagger tells."""


def first_verb(texts: Texts) -> Tasks:
    """Tag by the first of the article's verbs among the first five words, else `other`.

    In each word everything but a to z is left out, so that "Re-write" is rewrite.

    >>> asked = pa.array(["Please, SUMMARIZE it.", "Re-write this", "Why?"], pa.large_string())
    >>> first_verb(Texts(asked, asked, asked)).verb.to_pylist()
    ['summarize', 'rewrite', 'other']
    """
    instruction = texts.instruction
    words = pc.utf8_split_whitespace(pc.utf8_ltrim_whitespace(instruction), max_splits=_WORDS)
    words = pc.list_slice(words, 0, _WORDS)
    bare = pc.replace_substring_regex(pc.utf8_lower(pc.list_flatten(words)), "[^a-z]+", "")
    verbs = pc.index_in(bare, value_set=pa.array(list(FIRST_VERBS), bare.type))
    known = np.flatnonzero(verbs.is_valid().to_numpy(zero_copy_only=False))
    rows = pc.list_parent_indices(words).to_numpy()[known]
    first_rows, at = np.unique(rows, return_index=True)
    choice = np.full(len(instruction), len(FIRST_VERBS), np.int64)
    choice[first_rows] = verbs.to_numpy(zero_copy_only=False)[known[at]]
    indices = pa.array(choice)
    untold = pa.nulls(len(instruction), pa.string())
    return Tasks(pa.array(_VERBS).take(indices), pa.array(_CATEGORIES).take(indices), untold, untold, untold)
