"""Refreshes in a row: what did not change stays as it was."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from pipelines.cli import main
from tests.refreshes import Shards, by_place, survivor
from tests.releases import Curate, Release, recipe_for
from tests.rows import ask, crowd, write_files, write_rows

REFRESHES, ROWS, SHARE = 10, 400, 0.02


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    pattern = write_files(tmp_path / "in", crowd(3, ROWS), [150, 300], 30)
    return Shards(Path(pattern).parent, Random(11))


def check(before: Release, after: Release) -> int:
    """See that rows that did not change are what they were, or resemble one that did; count the latter."""
    was, is_now = by_place(before), by_place(after)
    changed = {place for place in is_now if is_now[place]["record_id"] != was[place]["record_id"]}
    assert 0 < len(changed) <= 2 * SHARE * ROWS
    moved = [place for place in is_now if is_now[place]["verdict"] != was[place]["verdict"]]
    others = [place for place in moved if place not in changed]
    for place in others:
        assert survivor(was[place]) in changed or survivor(is_now[place]) in changed
        if was[place]["verdict"] == "kept":
            assert is_now[place]["similarity"] == 1
    return len(others)


def test_small_changes_move_little(curate: Curate, shards: Shards, tmp_path: Path) -> None:
    root = tmp_path / "output"
    before = curate(shards.pattern, root=root, previous="latest")
    moved = 0
    for _ in range(REFRESHES):
        shards.change(SHARE)
        after = curate(shards.pattern, root=root, previous="latest")
        moved += check(before, after)
        before = after
    assert moved
    again, last = (curate(shards.pattern, root=root, previous="latest") for _ in range(2))
    assert again.verdicts() == before.verdicts()
    assert again.curated.equals(before.curated)
    assert last.manifest.digest == again.manifest.digest


def test_without_a_release_before_more_moves(curate: Curate, shards: Shards, tmp_path: Path) -> None:
    """What the test above shows is not so by itself."""
    root = tmp_path / "output"
    before = curate(shards.pattern, root=root, previous="latest")
    with pytest.raises(AssertionError):  # noqa: PT012 — some refresh fails, whichever it is
        for _ in range(REFRESHES):
            shards.change(SHARE)
            after = curate(shards.pattern, root=root)
            check(before, after)
            before = after


def test_nothing_changed_is_the_same_release(curate: Curate, shards: Shards, tmp_path: Path) -> None:
    root = tmp_path / "output"
    first = curate(shards.pattern, root=root, previous="latest")
    second = curate(shards.pattern, root=root, previous="latest")
    assert second.manifest.previous is not None
    assert (second.manifest.previous.release, second.manifest.previous.digest) == (
        first.folder.name,
        first.manifest.digest,
    )
    assert second.manifest.released is not None
    assert first.manifest.previous is None
    assert second.manifest.digest == first.manifest.digest
    assert second.ledger.equals(first.ledger)


def test_a_release_follows_another_only_where_told_to(curate: Curate, tmp_path: Path) -> None:
    words = " ".join(f"word{at}" for at in range(60))
    short = {"instruction": "Tell me.", "output": words}
    write_rows(tmp_path / "in" / "a.parquet", [short])
    curate(f"{tmp_path}/in/*.parquet")
    write_rows(tmp_path / "in" / "b.parquet", [{**short, "output": f"{words} more"}, ask(2)])
    after = curate(f"{tmp_path}/in/*.parquet", previous="latest")
    assert after.verdicts() == ["kept", "duplicate", "kept"]
    assert after.lines()[1]["won_by"] == "released"
    alone = curate(f"{tmp_path}/in/*.parquet")
    assert (alone.verdicts(), alone.manifest.previous) == (["duplicate", "kept", "kept"], None)
    again = curate(f"{tmp_path}/in/*.parquet", previous=str(after.folder))
    assert again.manifest.digest == after.manifest.digest


def test_the_report_says_what_moved(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "in" / "a.parquet", [ask(at) for at in range(10)])
    first = curate(f"{tmp_path}/in/*.parquet")
    assert first.report.moved is None
    write_rows(tmp_path / "in" / "a.parquet", [ask(at) for at in range(3, 15)])
    moved = curate(f"{tmp_path}/in/*.parquet", previous="latest").report.moved
    assert moved is not None
    assert (moved.release, moved.digest) == ("0001", first.manifest.digest)
    assert (moved.kept_before, moved.kept, moved.stayed, moved.entered, moved.left) == (10, 12, 7, 5, 3)
    page = (tmp_path / "output" / "latest" / "report" / "report.html").read_text("utf-8")
    assert "Since release" in page
    assert all(f">{drift.measure}</th>" in page for drift in moved.drift)


def test_rows_in_both_are_not_counted_where_ids_repeat(curate: Curate, tmp_path: Path) -> None:
    pattern = str(write_rows(tmp_path / "in.parquet", [ask(1), ask(1)]))
    recipe = recipe_for(pattern, dedup__exact=False, dedup__near=False)
    curate(pattern, recipe=recipe)
    moved = curate(pattern, recipe=recipe, previous="latest").report.moved
    assert moved is not None
    assert (moved.kept_before, moved.kept, moved.stayed, moved.entered, moved.left) == (
        2,
        2,
        None,
        None,
        None,
    )


def test_a_report_of_another_shape_is_told(
    curate: Curate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pattern = str(write_rows(tmp_path / "in.parquet", [ask(1)]))
    first = curate(pattern)
    path, manifest = first.folder / "report" / "report.json", first.folder / "manifest.json"
    before = sha256(path.read_bytes()).hexdigest()
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 9}))
    manifest.write_text(manifest.read_text().replace(before, sha256(path.read_bytes()).hexdigest()))
    command = ["curate", "--input", pattern, "--output", str(first.root), "--quiet", "--workers", "1"]
    assert main([*command, "--previous", "latest"]) == 2
    told = capfd.readouterr().err
    assert told.startswith(f"tamis: {path} is not one that this version reads: version: ")
    assert main(command) == 0
