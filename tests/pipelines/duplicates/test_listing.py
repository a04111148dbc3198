"""What `tamis duplicates` lists."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from tests.ledgers import Fall, write_release
from tests.releases import Curate, recipe_for

Printed = Callable[..., str]


def squeeze(text: str) -> str:
    """The text without its lay-out."""
    return " ".join(text.split())


def test_summary_counts_clusters_and_kinds(release: Path, printed: Printed) -> None:
    told = "Release 0001 2 clusters of 6 rows; 2 exact and 2 near-duplicates fall, 1 of them to references"
    assert squeeze(printed(release)).startswith(told)


def test_cluster_names_its_survivor_and_why_it_won(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, width=120))
    assert "1. 4 rows input/part.parquet:1 record " in text
    assert "instruction Name a river in Europe, … output word0 word1" in text
    assert "won by tie broken by content (2), longer output (1)" in text
    assert text.index("1. 4 rows") < text.index("2. 2 rows known/known.parquet:0")
    assert "source known, a reference" in text
    assert "won by of a reference set (1)" in text


def test_members_show_how_alike_they_are_and_what_differs(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, width=120))
    assert r"0.8438 input/part.parquet:4 instruction: [-\x1b[31mName-]{+Name+} a river in Europe," in text
    assert "exact input/part.parquet:2 the same text exact input/part.parquet:3" in text
    assert "0.9000 input/part.parquet:5 instruction: Wie [-heißt-]{+heisst+} der Fluss?" in text


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_the_terminal_and_hold_no_control_characters(
    release: Path, printed: Printed, width: int
) -> None:
    text = printed(release, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert all(character.isprintable() or character == "\n" for character in text)


def test_limits_cut_clusters_and_members(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, "--limit", 1, "--members", 1))
    assert "part.parquet:4" in text
    assert "part.parquet:2" not in text
    assert "and 2 more and 1 cluster more; --limit shows more" in text


def test_clusters_of_one_size_come_in_the_order_of_the_input(tmp_path: Path, printed: Printed) -> None:
    rows = [{"instruction": f"Say {word}.", "output": "It."} for word in "abcabc"]
    falls = [Fall(("b.parquet", 1), ("a.parquet", 2)), Fall(("b.parquet", 0), ("a.parquet", 1))]
    folder = write_release(tmp_path, {"a.parquet": rows[:3], "b.parquet": rows[3:]}, falls)
    text = printed(folder)
    assert text.index("1. 2 rows  a.parquet:1") < text.index("2. 2 rows  a.parquet:2")


def test_legend_is_shown_with_what_it_explains(tmp_path: Path, release: Path, printed: Printed) -> None:
    legend = "[-only the duplicate has this-] {+only the survivor has this+}"
    assert legend in printed(release)
    rows = [{"instruction": "Say it.", "output": "It."}] * 2
    copies = write_release(tmp_path / "copies", {"a": rows}, [Fall(("a", 1), ("a", 0))])
    text = printed(copies)
    assert "a:1  the same text" in text
    assert legend not in text


def test_json_has_the_texts_in_full(release: Path, printed: Printed) -> None:
    found = json.loads(printed(release, "--json", "--limit", 1, "--members", 1))
    assert found["summary"] == {"clusters": 2, "rows": 6, "exact": 2, "near": 2, "to_references": 1}
    (cluster,) = found["clusters"]
    assert (cluster["cluster"], cluster["size"], cluster["won_by"]) == (1, 4, {"content": 2, "quality": 1})
    (member,) = cluster["members"]
    assert (member["file"], member["row"], member["similarity"], member["exact"]) == (
        "part.parquet",
        4,
        0.84375,
        False,
    )
    assert member["texts"]["instruction"].startswith("\x1b[31mName a river")
    assert cluster["survivor"]["texts"]["output"].endswith("word59")


def test_texts_of_survivors_come_from_the_release_if_the_input_is_gone(
    release: Path, printed: Printed
) -> None:
    (release.parent / "part.parquet").unlink()
    found = json.loads(printed(release, "--json"))
    rivers, outside = found["clusters"]
    assert rivers["survivor"]["texts"]["instruction"].startswith("Name a river")
    # Row 2 is the survivor's equal in every character, which its record id says.
    assert [bool(member["texts"]) for member in rivers["members"]] == [False, True, False]
    assert outside["survivor"]["texts"]["instruction"] == "Wie heisst der Fluss?"
    (note,) = found["notes"]
    assert f"{release.parent}/part.parquet is gone, and" in note
    text = squeeze(printed(release))
    assert "0.8438 input/part.parquet:4 text not available" in text
    assert "part.parquetisgone,andtherelease" in text.replace(" ", "")  # however long its folder's name is


def test_texts_of_a_changed_input_are_not_taken_for_those_of_the_rows(
    release: Path, printed: Printed, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    rows = [{"instruction": f"Not row {number}", "input": "", "output": "No."} for number in range(6)]
    write_release(other, {"part.parquet": rows})
    shutil.copy(other / "part.parquet", release.parent / "part.parquet")
    manifest = release / "manifest.json"
    size = (other / "part.parquet").stat().st_size
    document = json.loads(manifest.read_text())
    document["inputs"][0]["bytes"] = size  # as if it had been of one size by chance
    manifest.write_text(json.dumps(document))
    text = printed(release)
    assert "Not row" not in text
    assert "part.parquethasotherrowsnow,and" in "".join(text.split())


def test_release_without_duplicates_says_so(tmp_path: Path, printed: Printed) -> None:
    rows = [{"instruction": "Say it.", "output": "It."}]
    assert "Release 0001  no duplicates\n" in printed(write_release(tmp_path / "a", {"x.parquet": rows}))
    off = write_release(tmp_path / "b", {"x.parquet": rows}, dedup__near=False, dedup__exact=False)
    assert "no duplicates; its recipe does not look for them" in printed(off)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--limit", "-1"], "--limit takes a whole number from 0, found -1"),
        (["--members", "-2"], "--members takes a whole number from 0, found -2"),
        (["--nonsense"], "unrecognised arguments: --nonsense"),
    ],
)
def test_mistakes_get_a_sentence(
    release: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["duplicates", str(release), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_no_release_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duplicates", str(tmp_path / "none")]) == 2
    assert f"tamis: there is no release at {tmp_path}/none: nothing is there" in capsys.readouterr().err


def test_texts_are_of_the_turns_that_the_recipe_goes_by(
    tmp_path: Path, curate: Curate, printed: Printed
) -> None:
    said = ["Name a river.", "The Danube.", "And a lake?", "Lake Balaton."]
    turns = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]
    pq.write_table(pa.table({"messages": [turns, turns]}), tmp_path / "chat.parquet")
    release = curate("", recipe=recipe_for(str(tmp_path / "chat.parquet"), turns="all"))
    (cluster,) = json.loads(printed(release.folder, "--json"))["clusters"]
    assert cluster["survivor"]["texts"]["instruction"] == "Name a river.\nAnd a lake?"
