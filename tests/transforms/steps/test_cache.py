"""The verdict cache: what was found once is not looked for again, and nothing else is taken for it."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.releases import Curate, Release, Row, make_release, recipe_for
from tests.rows import ask_all, crowd, write_files, write_rows
from transforms.steps import versions
from transforms.steps.cache import KINDS

ROWS = [row | {"extra": row["output"]} for row in ask_all(9)]


def entries(root: Path) -> dict[str, set[str]]:
    """Names of the cache's entries by kind."""
    return {kind: {path.name for path in (root / ".cache" / kind).rglob("*.arrow")} for kind in KINDS}


def fresh(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, int]:
    return {kind: len(after[kind] - before[kind]) for kind in KINDS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file and a release of it."""
    folder = tmp_path_factory.mktemp("cache")
    path = write_rows(folder / "in.parquet", ROWS)
    make_release(folder / "output", recipe_for(str(path)))
    return folder


@pytest.fixture
def first(made: Path, tmp_path: Path) -> Release:
    """The release, and its input beside it, in a copy that a test may change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Release(tmp_path / "output" / "releases" / "0001")


def test_path_is_no_part_of_the_key(curate: Curate, first: Release, tmp_path: Path) -> None:
    before = entries(first.root)
    assert {kind: len(names) for kind, names in before.items()} == dict.fromkeys(KINDS, 1)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in.parquet").rename(tmp_path / "elsewhere" / "other.parquet")
    again = curate(f"{tmp_path}/elsewhere/*.parquet", root=first.root)
    assert again.curated.equals(first.curated)
    assert entries(first.root) == before


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"dedup__threshold": 0.5}, {}),
        ({"output__save_rejects": True, "dedup__order": "first_seen"}, {}),
        ({"rules__placeholder__action": "flag"}, {"judgement": 1}),
        ({"language__min_letters": 3}, {"judgement": 1}),
        ({"dedup__similarity": "joined"}, {"identity": 1, "signatures": 1}),
    ],
    ids=str,
)
def test_what_was_asked_is_part_of_the_key(
    curate: Curate, first: Release, tmp_path: Path, changes: Row, found: dict[str, int]
) -> None:
    before = entries(first.root)
    pattern = str(tmp_path / "in.parquet")
    curate(pattern, recipe=recipe_for(pattern, **changes), root=first.root)
    assert fresh(before, entries(first.root)) == dict.fromkeys(KINDS, 0) | found


@pytest.mark.parametrize("package", ["vl-convert-python", "regex"])
def test_versions_of_what_draws_are_no_part_of_the_key(
    curate: Curate, first: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    before = entries(first.root)
    monkeypatch.setattr(versions, "version", lambda name: "0" if name == package else version(name))
    again = curate(str(tmp_path / "in.parquet"), root=first.root)
    assert (again.manifest.versions[package], first.manifest.versions[package]) == ("0", version(package))
    assert fresh(before, entries(first.root)) == dict.fromkeys(KINDS, int(package == "regex"))


def test_texts_alone_decide_what_rules_and_signatures_say(
    curate: Curate, first: Release, tmp_path: Path
) -> None:
    before = entries(first.root)
    table = pq.read_table(tmp_path / "in.parquet")
    pq.write_table(
        table.drop_columns("extra").append_column("other", table["extra"]), tmp_path / "in.parquet"
    )
    again = curate(str(tmp_path / "in.parquet"), root=first.root)
    assert fresh(before, entries(first.root)) == {"judgement": 0, "identity": 1, "signatures": 0}
    assert again.ledger.equals(first.ledger)


def test_column_that_holds_the_text_is_part_of_the_key(
    curate: Curate, first: Release, tmp_path: Path
) -> None:
    before = entries(first.root)
    columns = {"instruction": "instruction", "input": "extra", "output": "output"}
    source = {"name": "input", "input": str(tmp_path / "in.parquet"), "columns": columns}
    again = curate("", recipe=recipe_for("", sources=[source]), root=first.root)
    assert fresh(before, entries(first.root)) == dict.fromkeys(KINDS, 1)
    assert again.report.input.with_input == len(ROWS)


def test_grown_input_costs_what_is_new(curate: Curate, first: Release, tmp_path: Path) -> None:
    before = entries(first.root)
    write_rows(
        tmp_path / "later.parquet",
        [
            *ROWS,
            *({"instruction": f"Say {at} twice.", "output": f"{at}, {at}.", "extra": "y"} for at in range(3)),
        ],
    )
    grown = curate(f"{tmp_path}/*.parquet", root=first.root)
    assert fresh(before, entries(first.root)) == dict.fromkeys(KINDS, 1)
    assert grown.verdicts() == ["kept"] * 9 + ["duplicate"] * 9 + ["kept"] * 3


@pytest.mark.parametrize("kind", ["judgement", "identity", "signatures"])
@pytest.mark.parametrize("harm", ["cut", "changed", "emptied"])
def test_damaged_entry_is_told_and_made_anew(
    curate: Curate, first: Release, kind: str, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = (first.root / ".cache" / kind).rglob("*.arrow")
    whole = path.read_bytes()
    middle = len(whole) // 2
    other = bytes([whole[middle] ^ 1])
    path.write_bytes(
        {"cut": whole[:-1], "changed": whole[:middle] + other + whole[middle + 1 :], "emptied": b""}[harm]
    )
    again = curate(str(first.root.parent / "in.parquet"), root=first.root)
    assert again.manifest.digest == first.manifest.digest
    assert path.read_bytes() == whole
    assert capsys.readouterr().err == f"tamis: {path} was damaged; what was in it was worked out anew\n"
    assert again.run["damaged_entries"] == [str(path)]


def test_the_name_of_its_folder_is_no_part_of_an_entry(curate: Curate, tmp_path: Path) -> None:
    """Shingles are stored in the cache, whatever it is called."""
    pattern, cache = write_files(tmp_path / "in", crowd(3, 60), [], 30), tmp_path / "signatures" / "cache"
    curate(pattern, cache=str(cache))
    assert [path.name for path in tmp_path.iterdir() if path.name not in {"in", "output"}] == ["signatures"]
    assert len(list(cache.glob("shingles/*/*.arrow"))) == 1
