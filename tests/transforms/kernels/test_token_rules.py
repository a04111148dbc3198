"""Rules on lengths in tokens mark what has more, by whatever counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from schemas.recipe import Recipe, override
from tests.strategies import texts
from tests.tokenizers import byte_level
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters
from transforms.kernels.token_rules import Tokens, asks_for_tokens, mark_tokens

COUNTERS: dict[str, Counter] = {"proxy": FourCharacters(), "bytes": FileTokenizer(byte_level(), "t.json")}
rows = st.lists(st.tuples(texts, texts, texts), max_size=6)


def columns(rows: list[tuple[str, str, str]]) -> Texts:
    return Texts(*(pa.array([row[at] for row in rows], pa.large_string()) for at in range(3)))


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("action", ["reject", "flag", "off"])
@given(rows=rows, most=st.integers(1, 20))
def test_rows_with_more_tokens_are_marked(
    name: str, action: str, rows: list[tuple[str, str, str]], most: int
) -> None:
    rules = {"too_many_tokens": {"action": action, "max_tokens": most}}
    rules["instruction_too_long"] = {"action": action, "max_tokens": most // 2}
    recipe = override(Recipe(), {"rules": rules})
    assert asks_for_tokens(recipe) == (action != "off")
    counter = COUNTERS[name]
    marks = mark_tokens(recipe, Tokens(*map(counter.count, columns(rows))))
    each = [[int(counter.count(pa.array([text], pa.large_string()))[0]) for text in row] for row in rows]
    expected = [
        Reason.TOO_MANY_TOKENS.bit * (sum(row) > most)
        | Reason.INSTRUCTION_TOO_LONG.bit * (row[0] > most // 2)
        for row in each
    ]
    nothing = [0] * len(rows)
    found = {"reject": (expected, nothing), "flag": (nothing, expected), "off": (nothing, nothing)}
    assert tuple(mark.tolist() for mark in marks) == found[action]


def test_by_default_nothing_is_looked_at() -> None:
    tokens = Tokens(*map(FourCharacters().count, columns([("x" * 99_999, "", "y" * 99_999)])))
    marks = mark_tokens(Recipe(), tokens)
    assert not np.any(marks)
