"""Resolved rows to report on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pipelines.report import Context, build
from schemas.reason import Reason
from schemas.report import Report
from schemas.verdict import RESOLVED
from transforms.kernels.tally import Tally

Rows = list[dict[str, Any]]

ARTICLE = [
    ("translate", "transformation", 47, 31, 36),
    ("summarize", "transformation", 41, 419, 145),
    ("write", "generation", 32, 0, 72),
    ("classify", "analysis", 81, 95, 8),
    ("answer", "qa", 57, 262, 122),
    ("write", "generation", 66, 0, 176),
]
"""Verb, category and characters of instruction, input and output of the article's diversity rows."""

HOSTILE = "</script><img src=x onerror=alert(1)>|`*_[a](javascript:b)\u202e\x1b[31m\n"


def row(verdict: str, **columns: Any) -> dict[str, Any]:
    """Give a resolved row, plain but for the columns named."""
    plain = {"source": "web", "file": "a.parquet", "language": "en", "output_language": "en", "verb": "write"}
    lengths = {"category": "generation", "instruction_chars": 20, "input_chars": 0, "output_chars": 300}
    return {**plain, **lengths, "verdict": verdict, **columns}


@pytest.fixture
def context() -> Context:
    """Context of an invented release."""
    return Context(
        release="0002",
        tamis="0.1.0",
        profile="default",
        files_in=3,
        bytes_in=36_917_000,
        bytes_out=19_800_123,
        threshold=0.8,
        rejecting=("language",),
        flagging=("placeholder",),
    )


@pytest.fixture
def report_on(context: Context) -> Callable[[Rows], Report]:
    """Give the function that reports on rows."""
    return lambda rows: build(Tally.of(pa.Table.from_pylist(rows, RESOLVED)), context)


@pytest.fixture
def article(report_on: Callable[[Rows], Report]) -> Report:
    """Report on the article's six diversity rows, all kept."""
    names = ("verb", "category", "instruction_chars", "input_chars", "output_chars")
    return report_on([row("kept", **dict(zip(names, values, strict=True))) for values in ARTICLE])


@pytest.fixture
def empty(report_on: Callable[[Rows], Report]) -> Report:
    """Report on no rows."""
    return report_on([])


@pytest.fixture
def mixed(report_on: Callable[[Rows], Report]) -> Report:
    """Report on rows of every verdict, one source of which has a hostile name."""
    short, blank = Reason.INSTRUCTION_TOO_SHORT.bit, Reason.OUTPUT_EMPTY.bit
    mark = Reason.NO_END_PUNCTUATION.bit
    return report_on(
        [
            *[row("kept", flag_bits=mark, cluster_size=1, language=code) for code in ("en", "de", "zh")],
            *[row("kept", cluster_size=size, output_chars=90_000) for size in (1, 2, 9, 1200)],
            row("rejected", reason_bits=short | blank, flag_bits=mark, output_chars=0),
            row("rejected", reason_bits=short),
            row("rejected", reason_bits=blank, source=HOSTILE, output_chars=0),
            *[row("duplicate", exact=True, similarity=1.0, verb="list", category="qa")] * 4,
            *[row("duplicate", exact=False, similarity=similarity) for similarity in (0.81, 0.815, 0.97)],
            {"source": "web", "file": "b.parquet", "verdict": "unreadable", "rows_lost": 40},
            {"source": HOSTILE, "file": "c.parquet", "verdict": "unreadable", "rows_lost": None},
        ],
    )


@pytest.fixture
def hostile() -> str:
    """Name of the hostile source."""
    return HOSTILE
