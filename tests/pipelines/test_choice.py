"""Balance and top: how many rows stay, which, and that nothing else is moved."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from pipelines.releases.release import open_release
from pipelines.releases.verify import find_faults
from schemas.recipe import override
from tests.releases import Curate, Release, recipe_for
from tests.rows import WORDS, write_rows

ASKS = {
    "generation": "Write a poem about",
    "qa": "Explain the idea of",
    "transformation": "Translate to German:",
}
ROWS = 60


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    """Rows of three categories, one of them common, and copies of some; in three files."""
    rng = Random(5)
    kinds = ["generation"] * 40 + ["qa"] * 14 + ["transformation"] * 6
    rows = [
        {
            "instruction": f"{ASKS[kind]} {' '.join(rng.sample(WORDS.split(), 6))}.",
            "input": "",
            "output": " ".join(rng.choices(WORDS.split(), k=rng.randint(5, 60))) + ".",
        }
        for kind in kinds
    ]
    rows += [{**row, "output": row["output"].upper()} for row in rows[::3]]
    rng.shuffle(rows)
    for at in range(3):
        write_rows(tmp_path / "in" / f"part-{at}.parquet", rows[at::3])
    return f"{tmp_path}/in/*.parquet"


def verdicts(release: Release) -> Counter[str]:
    return Counter(release.ledger["verdict"].to_pylist())


def reasons(release: Release) -> Counter[str]:
    return Counter(reason for row in release.ledger["reasons"].to_pylist() for reason in row)


def test_the_best_stay(pattern: str, curate: Curate, tmp_path: Path) -> None:
    whole = curate(pattern, root=tmp_path / "whole")
    top = curate(pattern, root=tmp_path / "top", recipe=recipe_for(pattern, top=20))
    kept = [row for row in whole.lines() if row["verdict"] == "kept"]
    assert len(kept) == ROWS
    stayed = [row for row in top.lines() if row["verdict"] == "kept"]
    assert len(stayed) == 20
    assert min(row["score"] for row in stayed) >= sorted((row["score"] for row in kept), reverse=True)[19]
    assert reasons(top)["below_top"] == len(top.lines()) - 20 - verdicts(top)["duplicate"]


def test_no_kind_has_more_than_its_share(pattern: str, curate: Curate) -> None:
    recipe = recipe_for(pattern, balance={"by": "category", "max_share": 0.25})
    release = curate(pattern, recipe=recipe)
    kept = Counter(row["category"] for row in release.lines() if row["verdict"] == "kept")
    assert kept == {"generation": ROWS // 4, "qa": 14, "transformation": 6}
    assert reasons(release)["balance"] > 0
    assert {rule.name for rule in release.report.rules if rule.all} == {"balance"}


def test_every_duplicate_names_a_row_that_is_kept(pattern: str, curate: Curate) -> None:
    recipe = recipe_for(pattern, top=15, balance={"by": "category", "max_share": 0.5})
    lines = curate(pattern, recipe=recipe).lines()
    kept = {(row["file"], row["row"]) for row in lines if row["verdict"] == "kept"}
    assert len(kept) == 15
    fallen = [row for row in lines if row["verdict"] == "duplicate"]
    assert fallen
    assert {(row["survivor_file"], row["survivor_row"]) for row in fallen} <= kept


def test_workers_and_buckets_change_no_byte(pattern: str, curate: Curate, tmp_path: Path) -> None:
    recipe = recipe_for(pattern, top=15, balance={"by": "category", "max_share": 0.5, "seed": 3})
    one = curate(pattern, root=tmp_path / "one", recipe=recipe)
    other = curate(pattern, root=tmp_path / "other", recipe=recipe, buckets=7, unit_bytes=2000, workers=2)
    assert {"balance", "below_top"} <= set(reasons(one))
    assert other.run["workers"] == 2
    assert one.contents() == other.contents()


def test_rows_taken_down_are_not_chosen_among(pattern: str, curate: Curate, tmp_path: Path) -> None:
    """Others take their places, a balance is of those that are left, and no duplicate falls to them."""
    recipe = recipe_for(
        pattern, top=15, balance={"by": "category", "max_share": 0.5}, output__save_rejects=True
    )
    before = curate(pattern, recipe=recipe)
    gone = sorted(row["record_id"] for row in before.lines() if row["verdict"] == "kept")[:5]
    named = tmp_path / "takedown.txt"
    named.write_text("".join(f"{record}\n" for record in gone))
    after = curate(pattern, recipe=recipe, remove=[str(named)])
    removed = [row for row in after.lines() if row["record_id"] in gone]
    assert {tuple(row["reasons"]) for row in removed} == {("removed",)}
    assert verdicts(after)["kept"] == 15
    kept = {row["record_id"] for row in after.lines() if row["verdict"] == "kept"}
    assert not kept & set(gone)
    assert {row["survivor_id"] for row in after.lines() if row["verdict"] == "duplicate"} <= kept
    assert after.manifest.counts.reasons["removed"] == len(removed)
    assert len(after.read("rejects")) == len(after.lines()) - 15 - len(removed)
    assert list(find_faults(open_release(str(after.folder)))) == []


def test_the_seed_chooses(pattern: str, curate: Curate, tmp_path: Path) -> None:
    base = recipe_for(pattern, balance={"by": "category", "max_share": 0.25})
    chosen = [
        {
            row["record_id"]
            for row in curate(pattern, root=tmp_path / f"{seed}", recipe=recipe).lines()
            if row["verdict"] == "kept"
        }
        for seed, recipe in ((0, base), (1, override(base, {"balance.seed": 1})))
    ]
    assert chosen[0] != chosen[1]


def test_more_than_there_are_changes_nothing(pattern: str, curate: Curate) -> None:
    assert verdicts(curate(pattern, recipe=recipe_for(pattern, top=10_000)))["kept"] == ROWS


def test_it_chooses_where_no_duplicates_are_looked_for(pattern: str, curate: Curate) -> None:
    recipe = recipe_for(pattern, top=7, dedup__exact=False, dedup__near=False)
    assert verdicts(curate(pattern, recipe=recipe)) == {"kept": 7, "rejected": ROWS + 20 - 7}


@pytest.mark.parametrize("cap", [{"top": 5}, {"balance": {"by": "category", "max_share": 0.25}}])
def test_of_equal_rows_the_first_stay_however_they_are_cut(
    curate: Curate, tmp_path: Path, cap: dict[str, object]
) -> None:
    row = {"instruction": "Write a poem about a river.", "input": "", "output": "It flows."}
    for at, rows in enumerate((4, 9, 7)):
        write_rows(tmp_path / "in" / f"{at}.parquet", [row] * rows, row_group_size=2)
    pattern = f"{tmp_path}/in/*.parquet"
    recipe = recipe_for(pattern, dedup__exact=False, dedup__near=False, **cap)
    one = curate(pattern, root=tmp_path / "one", recipe=recipe)
    assert one.verdicts() == [*["kept"] * 5, *["rejected"] * 15]
    other = curate(pattern, root=tmp_path / "other", recipe=recipe, unit_bytes=1, buckets=7, workers=2)
    assert one.contents() == other.contents()


def test_a_rigid_template_is_cut_to_its_share(tmp_path: Path, curate: Curate) -> None:
    rng = Random(7)
    rows = [
        {
            "instruction": f"{opening} {' '.join(rng.sample(WORDS.split(), 8))}?",
            "input": "",
            "output": " ".join(rng.sample(WORDS.split(), 8)),
        }
        for opening in ["Does this REVIEW like", "Does this review speak of"] * 20
        + [" ".join(rng.sample(WORDS.split(), 3)) for _ in range(60)]
    ]
    pattern = str(write_rows(tmp_path / "rows.parquet", rows))
    release = curate(pattern, recipe=recipe_for(pattern, balance={"by": "template", "max_share": 0.1}))
    assert verdicts(release) == {"kept": 70, "rejected": 30}
    assert reasons(release) == {"balance": 30}
    cut = [row for row, line in zip(rows, release.lines(), strict=True) if line["reasons"]]
    assert all(row["instruction"].lower().startswith("does this review") for row in cut)
