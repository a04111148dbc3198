"""The manifest of an export: which release it came from, how it was made, and what is in it."""

from __future__ import annotations

from schemas.frozen import Frozen
from schemas.release import OutputRecord


class TemplateRecord(Frozen):
    """The template: a built-in one by its name, or a user's with the SHA-256 of its file."""

    name: str
    sha256: str | None = None


class LimitRecord(Frozen):
    """The most tokens a row has, and what becomes of a longer one: `drop` or `truncate`."""

    max_tokens: int
    too_long: str


class SplitRecord(Frozen):
    """The share of groups that was to be held out, and the seed that chose them."""

    validation: float
    seed: int


class PackingRecord(Frozen):
    """How many sequences of a length a split fills, how full they are, and how many rows lose their end."""

    length: int
    sequences: int
    fill: float
    cut: int


class SplitCounts(Frozen):
    """Rows and tokens of a split; of its texts, characters."""

    rows: int
    tokens: int
    characters: int
    packing: PackingRecord | None = None


class ExportCounts(Frozen):
    """What became of the rows that were read.

    Rows were `too_long` and dropped; or `truncated`; or of these nothing was `left` to learn, and they were
    dropped. `unwritten` are rows with tools, or with more to their turns than text, that are written without.
    """

    read: int
    written: int
    too_long: int
    truncated: int
    nothing_left: int
    unwritten: int


class ExportManifest(Frozen):
    """What an export is: it is one when this is written, last. `tokens` says how tokens were counted."""

    version: int = 1
    release: str
    digest: str
    content_digest: str
    verdict: str
    template: TemplateRecord
    format: str
    eos: str
    tokens: str
    limit: LimitRecord | None
    split: SplitRecord | None
    counts: ExportCounts
    splits: dict[str, SplitCounts]
    versions: dict[str, str]
    files: list[OutputRecord]
