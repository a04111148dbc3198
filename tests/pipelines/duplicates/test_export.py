"""All clusters as Parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import main
from pipelines.duplicates import export
from pipelines.duplicates.groups import read_groups
from pipelines.releases.release import open_release
from tests.ledgers import Fall, write_release

FILE = "a.parquet"


def test_every_member_of_every_cluster_is_a_row(release: Path, tmp_path: Path) -> None:
    target = tmp_path / "groups.parquet"
    assert main(["duplicates", str(release), "--limit", "0", "--parquet", str(target)]) == 0
    table = pq.read_table(target)
    assert table.schema.equals(export.GROUPS)
    lines = table.select(["cluster", "size", "role", "exact", "similarity", "won_by", "file", "row"])
    assert [tuple(line.values()) for line in lines.to_pylist()] == [
        (1, 4, "survivor", None, None, None, "part.parquet", 1),
        (1, 4, "duplicate", False, 0.84375, "quality", "part.parquet", 4),
        (1, 4, "duplicate", True, 1.0, "content", "part.parquet", 2),
        (1, 4, "duplicate", True, 1.0, "content", "part.parquet", 3),
        (2, 2, "survivor", None, None, None, "known.parquet", 0),
        (2, 2, "duplicate", False, 0.9, "reference", "part.parquet", 5),
    ]
    ledger = {(line["file"], line["row"]): line for line in pq.read_table(release / "verdicts").to_pylist()}
    for line in table.to_pylist()[:4]:
        assert line["record_id"] == ledger[line["file"], line["row"]]["record_id"]
    assert table["source"].to_pylist() == ["input"] * 4 + ["known", "input"]


@given(sizes=st.lists(st.integers(1, 5), max_size=6), size=st.integers(1, 9))
def test_slices_cut_nothing(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], size: int) -> None:
    folder = tmp_path_factory.mktemp("slices")
    texts = [{"instruction": f"Say {at}.", "output": "It."} for at in range(sum(sizes) + len(sizes) + 1)]
    falls, first = [], 0
    for members in sizes:
        falls += [Fall((FILE, first + 1 + at), (FILE, first)) for at in range(members)]
        first += members + 1
    groups = read_groups(open_release(str(write_release(folder, {FILE: texts}, falls))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_SLICE", size)
        export.write_groups(groups, str(folder / "groups.parquet"))
    found = pq.read_table(folder / "groups.parquet").to_pylist()
    survivors = [line for line in found if line["role"] == "survivor"]
    assert [line["size"] - 1 for line in survivors] == sorted(sizes, reverse=True)
    assert sorted(line["row"] for line in found) == list(range(first))
    follows = {fall.row[1]: fall.to[1] for fall in falls}
    lead = {line["cluster"]: line["row"] for line in survivors}
    assert all(lead[line["cluster"]] == follows[line["row"]] for line in found if line["role"] == "duplicate")


def test_what_is_there_is_not_replaced(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "groups.parquet"
    target.write_text("mine")
    for path in (target, tmp_path):
        assert main(["duplicates", str(release), "--parquet", str(path)]) == 2
        assert capsys.readouterr().err == (
            f"tamis: {path} is there already; --parquet takes the name of a new file\n"
        )
    assert target.read_text() == "mine"


def test_place_that_cannot_be_written_is_told(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["duplicates", str(release), "--parquet", f"{tmp_path}/file/groups.parquet"]) == 2
    assert f"tamis: {tmp_path}/file/groups.parquet cannot be written: " in capsys.readouterr().err


def test_file_and_what_if_exclude_each_other(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duplicates", str(release), "--parquet", "x.parquet", "--what-if", "0.9"]) == 2
    assert "--what-if: not allowed with argument --parquet" in capsys.readouterr().err
