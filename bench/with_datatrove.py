"""What datatrove removes of texts, given their shingles; for a Python with datatrove[processing] and spacy.

python with_datatrove.py SHINGLES REMOVED

`SHINGLES` holds a JSON list of shingles for each text, a line each; `REMOVED` gets the line numbers, from 0.
The steps and settings are its own: 14 bands of 8, 64-bit hashes, one task.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig


class Signatures(MinhashDedupSignature):  # type: ignore[misc]  # it has no types
    """Its own signatures, but of the shingles given."""

    def get_shingles(self, text: str) -> np.ndarray:
        """Its hash of each shingle."""
        hashes = [self._hash_func(shingle) for shingle in json.loads(text)]
        return np.array(hashes, np.uint64).reshape(-1, 1)


def find_removed(lines: list[str]) -> list[int]:
    """Numbers of the texts that its four steps remove."""
    config, kept = MinhashConfig(), set[int]()

    def read(*_: Any, **__: Any) -> Iterator[Document]:
        for at, line in enumerate(lines):
            yield Document(text=line, id=str(at))

    def keep(documents: Iterator[Document], *_: Any, **__: Any) -> Iterator[Document]:
        kept.update(int(document.id) for document in documents)
        yield from ()

    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        signed, paired, found = (f"{folder}/{name}" for name in ("signed", "paired", "found"))
        _run(f"{folder}/1", [read, Signatures(output_folder=signed, config=config)])
        pair = MinhashDedupBuckets(input_folder=signed, output_folder=paired, config=config)
        _run(f"{folder}/2", [pair], config.num_buckets)
        _run(f"{folder}/3", [MinhashDedupCluster(input_folder=paired, output_folder=found, config=config)])
        _run(f"{folder}/4", [read, MinhashDedupFilter(input_folder=found), keep])
    return sorted(set(range(len(lines))) - kept)


def _run(logs: str, steps: list[Any], tasks: int = 1) -> None:
    LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=logs).run()


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(json.dumps(find_removed(source.read_text().splitlines())))
