"""Where the choice cuts, against sorting all lines in plain Python."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import override
from tests.releases import recipe_for
from transforms.steps.choice import cut

LINES = st.lists(
    st.tuples(st.sampled_from(["qa", "code", None]), st.integers(0, 4), st.integers(0, 2**64 - 1)),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("share", [None, 0.05, 0.4])
@given(lines=LINES, top=st.integers(1, 45))
def test_the_best_lines_stay_within_their_shares(
    share: float | None, lines: list[tuple[str | None, int, int]], top: int
) -> None:
    changes = {} if share is None else {"balance": {"by": "category", "max_share": share}}
    recipe = override(recipe_for("x"), changes | {"top": top})
    columns = [("kind", pa.string()), ("score", pa.int16()), ("key", pa.uint64())]
    table = pa.Table.from_pylist(
        [dict(zip(("kind", "score", "key"), line, strict=True)) for line in lines], pa.schema(columns)
    )
    standing, kinds = lines, {}
    if share is not None:
        most = int(share * len(lines))
        for kind in {line[0] for line in lines}:
            keys = sorted(line[2] for line in lines if line[0] == kind)
            if len(keys) > most:
                kinds[kind or ""] = last = keys[most - 1] if most else -1
                standing = [line for line in standing if line[0] != kind or line[2] <= last]
    best = sorted((-score, key) for _, score, key in standing)
    last_best = [-best[top - 1][0], best[top - 1][1]] if top < len(best) else None
    assert json.loads(cut((0, table), recipe)) == {"kinds": kinds, "top": last_best}
