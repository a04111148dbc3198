"""The manifest of a release and the outcome of a run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from schemas.frozen import Frozen
from schemas.report import Report
from schemas.verdict import Verdict


def _inside(path: str) -> str:
    """The path of a file in a folder, if it cannot lead out of it, whoever wrote the manifest."""
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"a path in the folder is expected, found {path!r}")
    return path


class InputRecord(Frozen):
    """One input file: its rows and, under a source's row cap, how many of them were to be read.

    `role` is `input`, or `reference` for a file that rows were only compared with; `digest` is over the
    stored bytes of its row groups.
    """

    role: Literal["input", "reference"] = "input"
    source: str
    file: str
    path: str
    bytes: int
    rows: int | None
    rows_planned: int
    digest: str | None


class BenchmarkRecord(Frozen):
    """One file of a benchmark that rows were compared with."""

    source: str
    file: str
    path: str
    bytes: int
    rows: int


class SourceRecord(Frozen):
    """How the rows of a set of files were read: the schema of its examples, and where in it they are."""

    format: str
    columns: dict[str, str]


def _of_each_verdict(counts: dict[str, int]) -> dict[str, int]:
    """Rows by verdict, unless one is left out."""
    if lacking := [verdict.value for verdict in Verdict if verdict.value not in counts]:
        raise ValueError(f"{lacking[0]} is not counted")
    return counts


class OutputRecord(Frozen):
    """One file of the release."""

    path: Annotated[str, AfterValidator(_inside)]
    bytes: int
    sha256: str
    rows: int | None = None


class Before(Frozen):
    """The release that a run follows: its name, its digest and its report."""

    release: str
    digest: str
    report: Report


class PreviousRecord(Frozen):
    """The release whose rows won ties, and that the report is compared with."""

    release: str
    digest: str


class Counts(Frozen):
    """Rows by verdict and by reason; `ledger` counts ledger rows, `masked` curated rows that were masked."""

    ledger: int
    rows_lost: int
    verdicts: Annotated[dict[str, int], AfterValidator(_of_each_verdict)]
    reasons: dict[str, int]
    flags: dict[str, int]
    masked: int = 0


class Manifest(Frozen):
    """What a release is: it is one when this is written, last.

    `columns` are the names and types of the columns that `digest` is over, by kind of part.

    `tokenizer` is the digest of the file that tokens were counted by.

    `benchmark_index` is the digest of the n-grams and short prompts that rows were compared with, `released`
    that of the record ids whose rows won ties: those that the release `previous` kept.
    """

    version: int = 1
    release: str
    inputs: list[InputRecord]
    sources: dict[str, SourceRecord] = Field(default_factory=dict)
    benchmarks: list[BenchmarkRecord] = Field(default_factory=list)
    benchmark_index: str | None = None
    released: str | None = None
    previous: PreviousRecord | None = None
    recipe: dict[str, Any]
    versions: dict[str, str]
    language_model: str | None
    tokenizer: str | None = None
    counts: Counts
    columns: dict[str, list[str]] = Field(default_factory=dict)
    content_digest: str
    digest: str
    files: list[OutputRecord]


class Outcome(Frozen):
    """How a run ended: `published`, or `failed` or `held` by a gate with the sentences that say why.

    A run that its launcher does not wait for is `handed over`, as far as the launcher knows.
    """

    status: Literal["published", "held", "failed", "handed over"]
    message: str
    release: str
    digest: str = ""
    content_digest: str = ""
    report: str = ""
