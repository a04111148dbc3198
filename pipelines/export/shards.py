"""One part of a release as the files of an export: what one process does at a time."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.export import files
from pipelines.export.render import Made, Sizes, Tally, renderer_of
from pipelines.export.request import Style
from pipelines.export.rows import Part, read_part
from schemas.release import OutputRecord


@dataclass(frozen=True)
class Shard:
    """A part to write: where it is read from and written to, and how.

    `names` are those of its files by split, first that of the rows that are not held out.
    """

    release: str
    folder: str
    part: Part
    names: dict[str, str]
    style: Style
    tools: bool


@dataclass
class Written:
    """Files of each split, of a part or of several; what became of the rows, and each split's sizes."""

    files: dict[str, list[OutputRecord]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    sizes: dict[str, Sizes] = field(default_factory=dict)

    def add(self, other: Written) -> None:
        """Take in what was written of another part."""
        for split, records in other.files.items():
            self.files.setdefault(split, []).extend(records)
        self.tally.add(other.tally)
        for split, sizes in other.sizes.items():
            self.sizes.setdefault(split, Sizes()).add(sizes)


def write_shard(shard: Shard) -> Written:
    """Write the files of a part, one for each split."""
    renderer = renderer_of(shard.style, tools=shard.tools)
    written = Written(sizes={split: Sizes() for split in shard.names})
    with ExitStack() as stack:
        opened = [
            stack.enter_context(files.create(shard.folder, name, shard.style.format, renderer.schema()))
            for name in shard.names.values()
        ]
        for examples in read_part(shard.release, shard.part):
            made = renderer.make(examples)
            written.tally.add(made.tally)
            for side, (split, file) in enumerate(zip(shard.names, opened, strict=True)):
                _write(made, made.held_out == bool(side), file, written.sizes[split])
    written.files = {split: [file.record()] for split, file in zip(shard.names, opened, strict=True)}
    return written


def _write(made: Made, mask: np.ndarray, file: files.File, sizes: Sizes) -> None:
    """Write the rows of one side."""
    if not mask.any():
        return
    rows = made.table if mask.all() else made.table.filter(pa.array(mask))
    file.write(rows, made.turns if mask.all() else made.turns.filter(pa.array(mask)))
    lengths, counts = np.unique(rows["tokens"].to_numpy(), return_counts=True)
    sizes.add(
        Sizes(
            Counter(dict(zip(lengths.tolist(), counts.tolist(), strict=True))),
            int(made.characters[mask].sum()),
        )
    )
