"""What is printed through a console: it shows, and does nothing."""

from __future__ import annotations

import pytest
from rich.table import Table
from rich.text import Text

from pipelines.terminal import open_console


def test_texts_do_nothing_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("a\x1b[31m")
    table.add_row(Text("b\u202e", style="bold"))
    console = open_console()
    console.print(table)
    console.print("c\x9b", Text("d\r"))
    out = capsys.readouterr().out
    assert not set("\x1b\u202e\x9b\r") & set(out)
    assert all(shown in out for shown in (r"a\x1b", r"b\u20", r"c\x9b"))
