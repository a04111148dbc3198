"""Where the choice cuts, against sorting all lines in plain Python."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import override
from tests.releases import recipe_for
from transforms.steps.choice import cut

Line = tuple[str | None, int, int, int]
LINES = st.lists(
    st.tuples(
        st.sampled_from(["qa", "", None]),
        st.integers(0, 4),
        st.integers(0, 3) | st.integers(0, 2**64 - 1),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("share", [None, 0.05, 0.4])
@given(lines=LINES, top=st.integers(1, 45))
def test_the_best_lines_stay_within_their_shares(share: float | None, lines: list[Line], top: int) -> None:
    changes = {} if share is None else {"balance": {"by": "category", "max_share": share}}
    recipe = override(recipe_for("x"), changes | {"top": top})
    columns = [("kind", pa.string()), ("score", pa.int16()), ("key", pa.uint64()), ("unit", pa.int32())]
    table = pa.Table.from_pylist(
        [dict(zip([name for name, _ in columns], line, strict=True)) for line in lines], pa.schema(columns)
    )
    table, rows = table.sort_by("unit"), Counter(sorted(line[3] for line in lines))
    standing, kinds = lines, dict[str | None, list[int]]()
    if share is not None:
        most = int(share * len(lines))
        for kind in {line[0] for line in lines}:
            mine = sorted((line for line in lines if line[0] == kind), key=lambda line: line[2:])
            if len(mine) > most:
                kinds[kind] = last_of(mine[:most])
                standing = [line for line in standing if line[0] != kind]
                standing += mine[:most]
    best = sorted(standing, key=lambda line: (-line[1], *line[2:]))
    least = best[:top][-1][1] if top < len(best) else None
    last_best = None if least is None else [least, last_of([one for one in best[:top] if one[1] == least])]
    found = json.loads(cut(table.drop("unit"), rows, recipe))
    assert (dict(found["kinds"]), found["top"]) == (kinds, last_best)


def last_of(stay: list[Line]) -> list[int]:
    """Key and unit of the last line, and how many have both."""
    return [*stay[-1][2:], [line[2:] for line in stay].count(stay[-1][2:])] if stay else [-1, 0, 0]
