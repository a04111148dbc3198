"""A release read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.run import Request, run
from pipelines.sample import Plants
from schemas.recipe import Recipe, built_in, override
from schemas.release import Manifest
from schemas.report import Report

Row = dict[str, Any]


def recipe_for(pattern: str | list[str], **changes: object) -> Recipe:
    """The default recipe on some files, without language identification unless asked for."""
    source = {"name": "input", "input": pattern}
    plain = {"sources": [source], "language.enabled": False}
    return override(
        built_in("default"), plain | {key.replace("__", "."): value for key, value in changes.items()}
    )


@dataclass(frozen=True)
class Release:
    """The files of a release, opened by plain pyarrow."""

    folder: Path

    @property
    def root(self) -> Path:
        """The output folder it stands in."""
        return self.folder.parents[1]

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest."""
        return Manifest.model_validate_json((self.folder / "manifest.json").read_bytes())

    @cached_property
    def report(self) -> Report:
        """The report."""
        return Report.model_validate_json((self.folder / "report" / "report.json").read_bytes())

    @cached_property
    def run(self) -> Row:
        """What `run.json` beside the release says."""
        found: Row = json.loads((self.root / "runs" / self.folder.name / "run.json").read_bytes())
        return found

    def parts(self, kind: str) -> list[Path]:
        """Files of one kind in order."""
        return sorted((self.folder / kind).iterdir())

    def read(self, kind: str) -> pa.Table:
        """All rows of one kind in order."""
        return pa.concat_tables(map(pq.read_table, self.parts(kind))).combine_chunks()

    @cached_property
    def ledger(self) -> pa.Table:
        """The ledger."""
        return self.read("verdicts")

    @cached_property
    def curated(self) -> pa.Table:
        """The curated rows."""
        return self.read("curated")

    def lines(self) -> list[Row]:
        """The ledger's rows."""
        found: list[Row] = self.ledger.to_pylist()
        return found

    def verdicts(self) -> list[str]:
        """The ledger's verdicts."""
        found: list[str] = self.ledger["verdict"].to_pylist()
        return found

    def contents(self) -> dict[str, bytes]:
        """Bytes of every file by its path in the release."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def make_release(root: Path, recipe: Recipe, **request: Any) -> Release:
    """Run the whole pipeline, in one process unless more are asked for; give the release."""
    _, places = run(Request(recipe=recipe, **{"output": str(root), "quiet": True, **request}))
    return Release(Path(places.release_folder))


Curate = Callable[..., Release]
"""Runs the whole pipeline on some files."""


@dataclass(frozen=True)
class Sampled:
    """The sample, what is planted in it, and a release of it."""

    inputs: Path
    plants: Plants
    release: Release

    @property
    def pattern(self) -> str:
        """Glob of the input files."""
        return f"{self.inputs}/*.parquet"

    @cached_property
    def table(self) -> pa.Table:
        """Every input row in order, with the columns of the release."""
        tables = [pq.read_table(path) for path in sorted(self.inputs.iterdir())]
        names = tables[0].column_names
        joined = pa.concat_tables([table.select(names) for table in tables], promote_options="permissive")
        return joined.combine_chunks()

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Input rows by their id."""
        return {row["id"]: row for row in self.table.to_pylist()}

    @cached_property
    def fates(self) -> dict[str, Row]:
        """Ledger rows by the id of the input row."""
        return dict(zip(self.rows, self.release.lines(), strict=True))
