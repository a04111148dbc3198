"""What is told of an export on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from pipelines.export.staging import MANIFEST
from pipelines.report.words import group, show
from schemas.export import ExportManifest, SplitCounts


def summarise(manifest: ExportManifest, output: str, console: Console) -> None:
    """Say how many rows were written, why others were not, and how tokens were counted."""
    console.print(f"Exported {manifest.verdict} rows of release {show(manifest.release)}", soft_wrap=True)
    for line in _lines(manifest):
        console.print(f"  {line}", soft_wrap=True)
    console.print(f"{output}/{MANIFEST}", soft_wrap=True)


def _lines(manifest: ExportManifest) -> Iterator[str]:
    for name, split in manifest.splits.items():
        yield f"{name:<12}{group(split.rows)} rows, {group(split.tokens)} tokens"
        yield from _packing(split)
    counts = manifest.counts
    for rows, what in (
        (counts.too_long, "rows were too long and dropped"),
        (counts.truncated, "rows were too long and lost their end"),
        (counts.nothing_left, "rows were dropped since nothing to learn was left of them"),
        (counts.unwritten, "rows have tools, or more to their turns than text, that is not written"),
    ):
        if rows:
            yield f"{group(rows)} {what}"
    yield f"tokens are counted by: {manifest.tokens}"


def _packing(split: SplitCounts) -> Iterator[str]:
    packing = split.packing
    if packing is not None:
        cut = f", {group(packing.cut)} rows cut" if packing.cut else ""
        yield (
            f"{'':<12}packed: {group(packing.sequences)} sequences of {group(packing.length)} tokens, "
            f"{packing.fill:.1%} full{cut}"
        )
