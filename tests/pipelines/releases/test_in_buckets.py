"""Releases in a bucket: held, published after all, gone back to, deleted, verified and compared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines import claims, output_folder
from pipelines.cli import main
from pipelines.errors import GateError, UsageError
from pipelines.releases.retention import prune
from tests.buckets import INPUT, ROOT, check_whole, curate, manifests, upload
from tests.releases import recipe_for
from tests.rows import ask_all, write_rows
from tests.stores import BUCKET, S3, Refusal
from transforms.steps import storage


@pytest.fixture
def filled(s3: S3, tmp_path: Path) -> S3:
    """The bucket with ten rows in it and two releases of them."""
    fill(s3, tmp_path, 10)
    assert [curate(s3)[0] for _ in range(2)] == ["0001", "0002"]
    return s3


def fill(s3: S3, folder: Path, rows: int) -> None:
    """Put so many rows into the bucket's input, in place of those there."""
    write_rows(folder / "in" / "a.parquet", ask_all(rows))
    upload(s3, folder / "in")


def hold(s3: S3, folder: Path) -> None:
    """Curate half of the rows, which the gate holds."""
    fill(s3, folder, 5)
    with pytest.raises(GateError, match=r"gate.max_lost: 5 of the 10 rows of release 0002 are not kept now"):
        curate(s3, recipe=recipe_for(INPUT, gate__max_lost=0.2), previous="latest")


def released(s3: S3) -> set[str]:
    """Names of the folders that any file of a release is in."""
    return {key.split("/")[2] for key in s3.objects("out/releases/")}


def test_a_held_release_stays_until_the_next_one(filled: S3, tmp_path: Path) -> None:
    hold(filled, tmp_path)
    assert json.loads(filled.read("out/.lock"))["free"]
    assert not filled.objects("out/.staging")
    assert (output_folder.latest(ROOT), output_folder.held(ROOT), check_whole(filled)) == (
        "0002",
        ["0003"],
        ["0001", "0002"],
    )
    output_folder.clear_leftovers(ROOT)
    with pytest.raises(UsageError, match="a gate holds the release 0003"):
        curate(filled, release="0003")
    assert output_folder.held(ROOT) == ["0003"]
    assert curate(filled) == ("0004", "")
    assert output_folder.held(ROOT) == []
    assert released(filled) == {"0001", "0002", "0004"}
    with pytest.raises(UsageError, match="0003 is that of a run that published nothing"):
        curate(filled, release="0003")


def test_a_held_release_is_published_or_deleted_and_never_both(filled: S3, tmp_path: Path) -> None:
    hold(filled, tmp_path)
    assert main(["publish", ROOT, "0003", "--held", *filled.flags]) == 0
    assert check_whole(filled) == ["0001", "0002", "0003"]
    assert (output_folder.latest(ROOT), output_folder.held(ROOT)) == ("0003", [])
    assert main(["verify", ROOT, *filled.flags]) == 0
    assert not claims.drop(ROOT, "0003", claims.HELD)
    fill(filled, tmp_path, 2)
    with pytest.raises(GateError):
        curate(filled, recipe=recipe_for(INPUT, gate__max_lost=0.2), previous="latest")
    assert claims.drop(ROOT, "0004", claims.HELD)
    assert main(["publish", ROOT, "0004", "--held", *filled.flags]) == 1
    assert output_folder.latest(ROOT) == "0003"


def test_back_and_forth_and_pruned(filled: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hold(filled, tmp_path)
    assert main(["publish", ROOT, "0001", *filled.flags]) == 0
    assert output_folder.latest(ROOT) == "0001"
    assert curate(filled, previous="latest") == ("0004", "")
    assert main(["publish", ROOT, "0001", *filled.flags]) == 0
    capsys.readouterr()
    assert main(["prune", ROOT, "--keep", "1", *filled.flags]) == 0
    assert capsys.readouterr().out == "deleted 0002; left are 0001, 0004\n"
    assert released(filled) == {"0001", "0004"}
    assert not filled.objects("out/.staging")
    assert curate(filled, keep=1) == ("0005", "")
    assert released(filled) == {"0005"}
    assert check_whole(filled) == ["0005"]


def test_age_is_that_of_the_manifest_where_no_run_is_recorded(filled: S3) -> None:
    for name in ("0001", "0002"):
        filled.client.delete_object(Bucket=BUCKET, Key=f"out/runs/{name}/run.json")
    assert storage.written_at(f"{ROOT}/releases/0001/manifest.json") <= storage.written_at(
        f"{ROOT}/releases/0002/manifest.json"
    )
    assert prune(ROOT, 1) == ["0001"]


def test_what_a_killed_prune_leaves_the_next_run_clears(filled: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(folder: str) -> None:
        raise KeyboardInterrupt(folder)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete_folder", die)
        with pytest.raises(KeyboardInterrupt):
            prune(ROOT, 1)
    assert check_whole(filled) == ["0002"]
    assert released(filled) == {"0001", "0002"}
    assert curate(filled) == ("0003", "")
    assert released(filled) == {"0002", "0003"}
    assert not filled.objects("out/.staging")


def test_faults_and_differences_are_found(
    filled: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(filled, tmp_path, 8)
    assert curate(filled, previous="latest") == ("0003", "")
    capsys.readouterr()
    before, after = f"{ROOT}/releases/0001", ROOT
    assert main(["diff", before, after, "--json", *filled.flags]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert (rows["same"], rows["entered"], rows["left"]) == (8, 0, 2)
    for name in ("curated/.stray", "stray"):
        filled.client.put_object(Bucket=BUCKET, Key=f"out/releases/0003/{name}", Body=b"x")
    assert main(["verify", ROOT, *filled.flags]) == 1
    told = capsys.readouterr().err
    assert "curated/.stray: the manifest names no such file" in told
    assert "tamis: stray: the manifest names no such file" in told


def test_takedown_lists_may_lie_in_the_bucket(filled: S3, capsys: pytest.CaptureFixture[str]) -> None:
    filled.client.put_object(Bucket=BUCKET, Key="lists/one.txt", Body=b"file=a.parquet row=3\n")
    assert curate(filled, previous="latest", remove=[f"s3://{BUCKET}/lists/one.txt"]) == ("0003", "")
    assert curate(filled, previous="latest") == ("0004", "")
    line = rb"'source=\*' file=a.parquet row=3-3 id=[0-9a-f]{32}\n"
    assert re.fullmatch(line, filled.read("out/releases/0004/removals.txt"))
    assert manifests(filled)["0004"].counts.reasons["removed"] == 1
    with pytest.raises(UsageError, match=r"lists/two.txt: the takedown list cannot be read"):
        curate(filled, remove=[f"s3://{BUCKET}/lists/two.txt"])
    assert main(["publish", ROOT, "0002", *filled.flags]) == 0
    assert "rows that 1 lines of the takedown list removed" in capsys.readouterr().err


EXPORT = ["export", ROOT, "--output", f"s3://{BUCKET}/x", "--template", "chatml", "--workers", "1"]
PART = "part-00000-of-00001.parquet"
CURATE = ["curate", "--input", INPUT, "--output", ROOT, "--quiet", "--workers", "1"]


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        (["verify", ROOT], "GET out/releases/0002/manifest.json "),
        (["verify", ROOT], "GET out/releases/0002/report/report.json "),
        (["verify", ROOT], f"GET out/releases/0002/curated/{PART} bytes=[1-9]"),
        (CURATE, "GET input/a.parquet bytes=0-"),
        ([*CURATE, "--previous", "latest"], f"GET out/releases/0002/verdicts/{PART} bytes=0-"),
        (EXPORT, "PUT x/data/train-00000-of-00001.parquet "),
        (["duplicates", ROOT, "--parquet", f"s3://{BUCKET}/x.parquet"], "PUT x.parquet "),
    ],
)
def test_a_store_that_fails_is_no_fault_of_what_it_holds(
    filled: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], refused: str
) -> None:
    method, key, asked = refused.split(" ")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("language: {enabled: false}\n", "utf-8")
    given = ["--recipe", str(recipe)] if command[0] == "curate" else []

    def fail(request: dict[str, Any]) -> None:
        here = (request["REQUEST_METHOD"], request["PATH_INFO"]) == (method, f"/{BUCKET}/{key}")
        if here and re.fullmatch(f"{asked}.*" if asked else "", request.get("HTTP_RANGE", "")):
            raise Refusal("400 Bad Request", "Odd")

    filled.before.append(fail)
    assert main([*command, *given, *filled.flags]) == 1
    assert capsys.readouterr().err == f"tamis: s3://{BUCKET}/{key}: the store answers Odd: once more\n"
