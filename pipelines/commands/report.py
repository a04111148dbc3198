"""`tamis report`: a release's report drawn again from its JSON, or two side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command

if TYPE_CHECKING:
    from schemas.report import Report


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "report",
        _report,
        help="draw a release's report again from its report.json, or two side by side",
    )
    command.add_argument(
        "releases",
        metavar="DIR",
        nargs="*",
        help="folder of a release, an output folder for its latest, or a report.json; two are compared",
    )
    command.add_argument(
        "--to", "--output", metavar="FILE", default="report.html", help="file to write (default: report.html)"
    )
    command.add_argument("--schema", action="store_true", help="print the JSON Schema of report.json instead")


def _report(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    import json

    from pipelines.reach import reach
    from pipelines.report import render_comparison, render_html
    from schemas.report import json_schema
    from transforms.steps import storage

    if parsed.schema:
        print(json.dumps(json_schema(), indent=2))
        return PUBLISHED
    reach(parsed, rest)
    if len(parsed.releases) not in {1, 2}:
        raise UsageError(f"tamis report takes one release or two, not {len(parsed.releases)}")
    reports = [_find(storage.absolute(place)) for place in parsed.releases]
    text = render_html(*reports) if len(reports) == 1 else render_comparison(*reports)
    target = storage.absolute(parsed.to)
    if storage.exists(target) and not target.endswith((".html", ".htm")):
        raise UsageError(f"{target} is there already; --to writes over nothing but files that end in .html")
    storage.write_bytes(target, text.encode())
    print(f"report   {target}")
    return PUBLISHED


def _find(place: str) -> Report:
    """The report in a file, or of a release at its folder or that of its root."""
    from pipelines.releases.release import load_report, open_to_look, read_report

    return load_report(place) if place.endswith(".json") else read_report(open_to_look(place))
