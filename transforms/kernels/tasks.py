"""What an instruction asks for: its task verb and category."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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


class PromptTags(NamedTuple):
    """What some prompts ask for, whatever the answer: string columns, null where a tagger does not tell.

    `points` (int8) say how hard they are; `unspaced` marks what is written without spaces.
    """

    verb: pa.StringArray
    category: pa.StringArray
    noun: pa.StringArray
    domain: pa.StringArray
    points: pa.Int8Array
    unspaced: pa.BooleanArray


class Tagger(Protocol):
    """Tags the task of each prompt."""

    def __call__(self, instructions: pa.LargeStringArray, inputs: pa.LargeStringArray, /) -> PromptTags:
        """Verb and category of each prompt, and what else the tagger tells."""


def first_verb(instructions: pa.LargeStringArray, _: pa.LargeStringArray) -> PromptTags:
    """Tag by the first of the article's verbs among the first five words, else `other`.

    In each word everything but a to z is left out, so that "Re-write" is rewrite.

    >>> asked = pa.array(["Please, SUMMARIZE it.", "Re-write this", "Why?"], pa.large_string())
    >>> first_verb(asked, asked).verb.to_pylist()
    ['summarize', 'rewrite', 'other']
    """
    words = pc.utf8_split_whitespace(pc.utf8_ltrim_whitespace(instructions), max_splits=_WORDS)
    words = pc.list_slice(words, 0, _WORDS)
    bare = pc.replace_substring_regex(pc.utf8_lower(pc.list_flatten(words)), "[^a-z]+", "")
    verbs = pc.index_in(bare, value_set=pa.array(list(FIRST_VERBS), bare.type))
    known = np.flatnonzero(verbs.is_valid().to_numpy(zero_copy_only=False))
    rows = pc.list_parent_indices(words).to_numpy()[known]
    first_rows, at = np.unique(rows, return_index=True)
    choice = np.full(len(instructions), len(FIRST_VERBS), np.int64)
    choice[first_rows] = verbs.to_numpy(zero_copy_only=False)[known[at]]
    indices, untold = pa.array(choice), pa.nulls(len(instructions), pa.string())
    return PromptTags(
        pa.array(_VERBS).take(indices),
        pa.array(_CATEGORIES).take(indices),
        noun=untold,
        domain=untold,
        points=pa.nulls(len(instructions), pa.int8()),
        unspaced=pa.repeat(pa.scalar(value=False), len(instructions)),
    )
