"""`tamis duplicates` on releases made for real."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.duplicates.what_if import what_if
from pipelines.releases.release import open_release
from schemas.recipe import override
from tests.releases import Curate, Release, Sampled, make_release, recipe_for

Printed = Callable[..., str]
THRESHOLDS = [0.7, 0.8, 0.85, 0.92, 1.0]
SIZE = 120


def planted(words: int, changed: int, name: str) -> str:
    """A text of distinct words, of which some that stand together are others."""
    return " ".join(f"{name}{at}" if at < changed else f"word{at}" for at in range(words))


def write(path: Path, changes: range) -> None:
    """Rows of two topics that grow unlike their first row, a copy of each."""
    texts = [f"{topic} {planted(SIZE, changed, topic)}" for topic in ("sea", "air") for changed in changes]
    rows = [{"instruction": "Say what there is.", "output": text} for text in texts for _ in range(2)]
    pq.write_table(pa.Table.from_pylist(rows), path)


def kept(release: Release) -> int:
    return release.manifest.counts.verdicts["kept"]


def test_other_thresholds_keep_what_releases_made_with_them_do(tmp_path: Path, curate: Curate) -> None:
    write(tmp_path / "rows.parquet", range(1, 40, 2))
    write(tmp_path / "known.parquet", range(12, 13))
    known = {"references": [{"name": "known", "input": f"{tmp_path}/known.parquet"}]}
    recipe = override(recipe_for(f"{tmp_path}/rows.parquet", dedup__what_if_min=0.7), known)
    release = curate("", recipe=recipe)
    levels = what_if(open_release(str(release.folder)), THRESHOLDS)
    found = [
        kept(make_release(tmp_path / f"at-{level}", override(recipe, {"dedup.threshold": level})))
        for level in THRESHOLDS
    ]
    assert [level.kept for level in levels] == found
    assert found == sorted(set(found))
    assert {level.copies for level in levels} == {40}


def test_sample_lists_every_duplicate(sampled: Sampled, printed: Printed, tmp_path: Path) -> None:
    release = sampled.release
    target = tmp_path / "groups.parquet"
    text = printed(release.root, "--parquet", target, width=200)
    rows = release.report.rows
    told = f"{rows.exact_duplicates:,} exact and {rows.near_duplicates:,} near-duplicates fall"
    assert told in text.splitlines()[0]
    groups = pq.read_table(target).to_pylist()
    counts = Counter(line["role"] for line in groups)
    assert counts["duplicate"] == rows.exact_duplicates + rows.near_duplicates
    assert counts["survivor"] == len({line["cluster"] for line in groups})
    fates = {(line["file"], line["row"]): line for line in release.lines()}
    lead: dict[int, tuple[str, int]] = {}
    for line in groups:
        place = (line["file"], line["row"])
        fate = fates[place]
        assert line["record_id"] == fate["record_id"]
        if line["role"] == "survivor":
            assert fate["verdict"] == "kept"
            lead[line["cluster"]] = place
        else:
            assert (fate["survivor_file"], fate["survivor_row"]) == lead[line["cluster"]]
            assert (line["similarity"], line["won_by"]) == (fate["similarity"], fate["won_by"])


def test_saved_rejects_have_the_texts_of_duplicates(tmp_path: Path, curate: Curate, printed: Printed) -> None:
    path = tmp_path / "rows.parquet"
    write(path, range(1, 8, 3))
    release = curate("", recipe=recipe_for(str(path), output__save_rejects=True))
    before = json.loads(printed(release.root, "--json"))
    path.unlink()
    assert json.loads(printed(release.root, "--json")) == before
    assert before["notes"] == []
    assert all(member["texts"] for cluster in before["clusters"] for member in cluster["members"])


def test_real_duplicates_at_another_threshold(
    real_release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["duplicates", str(real_release.root), "--json", "--what-if", "0.8,0.9"]) == 0
    same, higher = json.loads(capsys.readouterr().out)["what_if"]
    assert same["kept"] == kept(real_release)
    again = make_release(tmp_path, recipe_for(real_release.manifest.inputs[0].path, dedup__threshold=0.9))
    assert higher["kept"] == kept(again)
