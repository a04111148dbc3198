"""What a run shows while it works: bars on a terminal, lines elsewhere, nothing when quiet."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.planning import plan_run
from pipelines.progress import Records, watch
from schemas.paths import Places
from tests.commands import Command
from tests.releases import recipe_for
from tests.rows import ask_all, write_rows
from transforms.steps.job import Job

LINE = r" +\d+ s  judging units {0}/3, resolving units {1}/3, writing parts {2}/3, {3} rows"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """A command on three files of ten rows each."""
    for name in "abc":
        write_rows(tmp_path / "in" / f"{name}.parquet", ask_all(10))
    (tmp_path / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    command = ["curate", "--input", f"{tmp_path}/in/*.parquet", "--output", str(tmp_path / "output")]
    return [*command, "--recipe", str(tmp_path / "recipe.yaml"), "--workers", "1"]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(Places(root=str(tmp_path), release="0001", cache=str(tmp_path / "cache")), "")


def test_lines_where_there_is_no_terminal(
    arguments: list[str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(arguments) == 0
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    shown = [line for line in lines if " s  judging units " in line]  # several, where ten seconds pass
    assert re.fullmatch(LINE.format(3, 3, 3, 30), shown[-1])
    rest = lines[len(shown) :]
    assert "\x1b" not in out
    text = "\n".join(rest)
    for word in ("Release 0001", "exact_duplicate", "kept", "digest   ", "content  ", "30"):
        assert word in text
    for path in ("releases/0001", "releases/0001/report/report.html"):
        assert f"{tmp_path}/output/{path}\n" in out


def test_nothing_when_quiet(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")


def test_bars_on_a_terminal(arguments: list[str]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = Command(arguments, stdout=theirs)
    os.close(theirs)
    shown = ESCAPES.sub("", read_all(ours))
    assert command.finish() == (0, "")
    for step, total, rows in (("Judging units", 3, 30), ("Resolving units", 3, 30), ("Writing parts", 3, 40)):
        assert re.search(rf"{step} +\S+ {total}/{total} +{rows} rows +[\d,]+/s +0:\d\d:\d\d 0:00:00", shown)
    rates = [int(rate.replace(",", "")) for rate in re.findall(r"([\d,]+)/s", shown)]
    assert max(rates) < 100_000
    assert "Release 0001" in shown
    assert "judging units" not in shown


def read_all(terminal: int) -> str:
    """All that is written to a terminal until its other end is closed."""
    pieces = []
    try:
        while piece := os.read(terminal, 1 << 16):
            pieces.append(piece)
    except OSError:  # Linux says so at the end
        pass
    finally:
        os.close(terminal)
    return b"".join(pieces).decode()


def test_records_are_counted_as_they_come(job: Job) -> None:
    records = Records(job.places)
    assert records.read() == {"judge": (0, 0), "resolve": (0, 0), "write": (0, 0)}
    job.mark_done("judge", 0, 7)
    job.mark_done("judge", 1, 5)
    job.mark_done("judge", 1, 5)
    assert records.read()["judge"] == (2, 12)
    job.mark_done("write", 0, 12)
    assert records.read() == {"judge": (2, 12), "resolve": (0, 0), "write": (1, 12)}


def test_lines_come_only_with_news(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "in.parquet", ask_all(30), row_group_size=10)
    plan = plan_run(recipe_for(f"{tmp_path}/in.parquet"), None, 1500, None)
    with watch(job.places, plan, quiet=False):
        job.mark_done("judge", 0, 10)
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(LINE.format(1, 0, 0, 10).replace("/3", f"/{len(plan.units)}", 2), line)
    with watch(job.places, plan, quiet=True):
        job.mark_done("judge", 1, 10)
    assert capsys.readouterr().out == ""
