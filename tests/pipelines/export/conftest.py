"""Exports, made by the command and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from schemas.export import ExportManifest
from tests.releases import Release, make_release, recipe_for
from tests.rows import ask, ask_all, crowd, write_files
from tests.tokenizers import byte_level

Row = dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """The files of an export."""

    folder: Path

    @cached_property
    def manifest(self) -> ExportManifest:
        """What it says of itself."""
        return ExportManifest.model_validate_json((self.folder / "export.json").read_bytes())

    def rows(self, split: str = "train") -> list[Row]:
        """The rows of a split, in order."""
        found: list[Row] = []
        for path in sorted((self.folder / "data").glob(f"{split}-*")):
            if path.suffix == ".jsonl":
                found += [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
            else:
                found += pq.read_table(path).to_pylist()
        return found

    def contents(self) -> dict[str, bytes]:
        """Bytes of every file by its path."""
        paths = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


Export = Callable[..., Exported]
"""Exports a release with some flags."""


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Run `tamis export` in this process, to a folder of its own."""

    def exported(release: Release | Path, *flags: object, name: str = "export") -> Exported:
        folder = release.folder if isinstance(release, Release) else release
        given = [str(folder), "--output", f"{tmp_path}/{name}", "--workers", "1", *map(str, flags)]
        assert main(["export", *given]) == 0
        return Exported(tmp_path / name)

    return exported


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of a crowd in three files, with duplicates and rejected rows, in three parts."""
    folder = tmp_path_factory.mktemp("crowded")
    short = [{**ask(at), "instruction": f"{at}", "input": None} for at in range(30)]
    rows = [*crowd(5, 200), *short, *ask_all(40), *crowd(6, 120)]
    pattern = write_files(folder / "input", rows, [120, 250], 50)
    return make_release(folder / "output", recipe_for(pattern, output__shards=3))


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """File of a tokenizer."""
    path = tmp_path / "tokenizer.json"
    path.write_bytes(byte_level())
    return path
