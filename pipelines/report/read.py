"""Reading a report again."""

from __future__ import annotations

from pydantic import ValidationError

from pipelines.errors import UsageError
from pipelines.releases.release import open_to_look
from schemas.report import Report
from transforms.steps import storage

REPORT = "report/report.json"


def read_report(place: str) -> Report:
    """The report at a path: a report.json, or that of a release or of an output folder's latest release.

    Raises:
        UsageError: there is none, or it is not a report.
    """
    path = place if place.endswith(".json") else f"{open_to_look(place.rstrip('/') or '/').folder}/{REPORT}"
    try:
        return Report.model_validate_json(storage.read_bytes(path))
    except FileNotFoundError:
        raise UsageError(f"{path} is not there") from None
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(key) for key in first["loc"]) or "the whole"
        raise UsageError(f"{path} is no report that this version reads: {at}: {first['msg']}") from None
