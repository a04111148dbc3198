"""Damaged row groups: one line of the ledger each, their rows counted, all others as if nothing were."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pyarrow.parquet as pq
import pytest

from pipelines.errors import RunError, UsageError
from tests.releases import Curate, Release, recipe_for
from tests.rows import ask, ask_all, damage, write_rows
from transforms.steps import examine

GROUP = 50
_, OUTPUT, EXTRA = range(3)


def write_damaged(folder: Path, column: int) -> str:
    """Two files of three row groups, the second of the second file damaged; give their glob."""
    rows = [row | {"extra": f"of {row['output']}"} for row in ask_all(5 * GROUP)]
    write_rows(folder / "a.parquet", rows[: 3 * GROUP], row_group_size=GROUP)
    path = write_rows(folder / "b.parquet", [*rows[3 * GROUP :], *rows[:GROUP]], row_group_size=GROUP)
    damage(path, 1, column)
    return f"{folder}/*.parquet"


def hold(release: Release) -> None:
    """Hold a release to what it lost and to nothing else."""
    assert release.verdicts() == ["kept"] * 4 * GROUP + ["unreadable"] + ["duplicate"] * GROUP
    line = release.lines()[4 * GROUP]
    assert (line["file"], line["row_group"], line["row"], line["rows_lost"]) == ("b.parquet", 1, None, GROUP)
    assert line["error"].startswith("row group 1: ")
    assert "\n" not in line["error"]
    rows = [line["row"] for line in release.lines() if line["file"] == "b.parquet"]
    assert rows == [*range(GROUP), None, *range(2 * GROUP, 3 * GROUP)]
    assert release.manifest.counts.rows_lost == GROUP
    assert release.report.rows.found == 6 * GROUP
    assert release.report.funnel[1].removed == GROUP
    assert release.report.sources[0].lost == GROUP


@pytest.mark.parametrize("column", [OUTPUT, EXTRA])
def test_damaged_row_group_is_one_line(curate: Curate, tmp_path: Path, column: int) -> None:
    pattern = write_damaged(tmp_path / "in", column)
    whole = curate(pattern, root=tmp_path / "whole")
    hold(whole)
    size = pq.read_metadata(tmp_path / "in" / "b.parquet").row_group(0).total_byte_size
    for unit_bytes in (size, size // 4):
        other = curate(pattern, root=tmp_path / f"out-{unit_bytes}", unit_bytes=unit_bytes)
        assert other.contents() == whole.contents()


def test_cache_does_not_hide_damage_nor_keep_it(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", [row | {"extra": "x"} for row in ask_all(6)], row_group_size=2)
    whole = path.read_bytes()
    for broken in (False, True, False):
        path.write_bytes(whole)
        if broken:
            damage(path, 2, EXTRA)
        release = curate(str(path), unit_bytes=1)
        assert release.verdicts() == (["kept"] * 4 + ["unreadable"] if broken else ["kept"] * 6)


def test_damage_after_a_cap_is_not_met(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(6), row_group_size=2)
    damage(path, 2)
    source = {"name": "input", "input": str(path), "max_rows": 4}
    assert curate("", recipe=recipe_for("", sources=[source])).verdicts() == ["kept"] * 4


def test_capped_row_group_loses_what_the_cap_would_read(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", [*ask_all(5), ask(9)], row_group_size=4)
    damage(path, 1)
    source = {"name": "input", "input": str(path), "max_rows": 5}
    release = curate("", recipe=recipe_for("", sources=[source]))
    assert release.verdicts() == ["kept"] * 4 + ["unreadable"]
    assert release.ledger["rows_lost"].to_pylist()[-1] == 1


def test_curated_rows_of_a_damaged_file_are_whole(curate: Curate, tmp_path: Path) -> None:
    pattern = write_damaged(tmp_path / "in", EXTRA)
    curated = curate(pattern).curated
    assert curated["extra"].to_pylist() == [f"of {row['output']}" for row in ask_all(4 * GROUP)]


def test_what_goes_wrong_elsewhere_is_no_damage(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(6))
    (tmp_path / "model.ftz").write_text("no model")
    recipe = recipe_for(str(path), language__enabled=True, language__model=str(tmp_path / "model.ftz"))
    with pytest.raises(UsageError, match=r"the language model cannot be loaded: .*model\.ftz"):
        curate(str(path), recipe=recipe)
    assert not (tmp_path / "output" / "LATEST").exists()


def test_fault_of_ours_is_no_damage(curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise ValueError("a rule is broken")

    path = write_rows(tmp_path / "in.parquet", ask_all(6))
    monkeypatch.setattr(examine, "judge", fail)
    with pytest.raises(RunError, match="nothing was published: ValueError: a rule is broken"):
        curate(str(path))
    assert not (tmp_path / "output" / "LATEST").exists()
