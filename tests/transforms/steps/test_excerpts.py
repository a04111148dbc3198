"""The texts of rows picked here and there, against the files read whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.releases import Curate
from transforms.steps.excerpts import HIDDEN, Place, Texts, hide_private


def test_examples_show_the_text_of_the_rows_they_name(curate: Curate, tmp_path: Path) -> None:
    rows = {
        "instruction": [f"Write a line about thing {at}, please." for at in range(900)],
        "input": [None if at % 2 else f"given {at}" for at in range(900)],
        "output": ["" if at % 9 == 0 else f"A line on {at}, and more of it." for at in range(900)],
    }
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(rows), path, row_group_size=100)
    report = curate(str(path)).report
    shown = [example.shown for example in report.examples]
    assert {example.mark for example in report.examples} >= {"output_empty"}
    for row in shown:
        assert (row.instruction, row.output) == (rows["instruction"][row.row], rows["output"][row.row])
        assert row.input == (rows["input"][row.row] or "")


def test_private_data_and_what_is_taken_down_is_never_shown(curate: Curate, tmp_path: Path) -> None:
    told = "Write to jane.roe@mailhost.net or call her for it."
    rows = {
        "instruction": ["Whom do I ask?", "Whom do I ask now?", "Name a colour, please."],
        "output": ["", "You can ask at the desk.", "Red is a colour that many like."],
        "input": [told, told, ""],
    }
    path, named = tmp_path / "rows.parquet", tmp_path / "takedown.txt"
    pq.write_table(pa.table(rows), path)
    named.write_text("source=input file=rows.parquet row=2\n")
    release = curate(str(path), remove=(str(named),))
    verdicts = release.lines()
    assert all("private_data" in row["flags"] for row in verdicts[:2])
    assert verdicts[2]["reasons"] == ["removed"]
    text = (release.folder / "report" / "report.json").read_text("utf-8")
    assert "jane.roe" not in text
    assert "Name a colour" not in text


def test_private_data_is_found_even_where_the_recipe_does_not_look() -> None:
    plain, told = Texts("Hello there", "", "Good day"), Texts("Mail jane.roe@mailhost.net", "", "Done")
    places = [Place("web", "a.parquet", row) for row in (0, 1)]
    assert hide_private(dict(zip(places, (plain, told), strict=True))) == {
        places[0]: plain,
        places[1]: HIDDEN,
    }
    assert hide_private({}) == {}
