"""`tamis export`: rows of a release as files to train on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeAlias

import pyarrow.parquet as pq

from pipelines.errors import RunError, UsageError
from pipelines.export.manifest import manifest_of
from pipelines.export.render import Renderer, renderer_of
from pipelines.export.request import Request, Style
from pipelines.export.rows import KeptPart, Part, parts_of
from pipelines.export.shards import Shard, Written, write_shard
from pipelines.export.sides import choose_sides, prompts_of
from pipelines.export.staging import MANIFEST, staged
from pipelines.export.summary import summarise
from pipelines.releases.release import Release, first_line, open_release
from pipelines.terminal import open_console
from schemas.export import ExportManifest
from schemas.verdict import Verdict
from transforms.steps import storage
from transforms.steps.stores.registry import adopt, configured
from transforms.steps.write import CURATED

__all__ = ["Request", "export"]

TRAIN, VALIDATION = "train", "validation"
_Map: TypeAlias = Callable[..., Iterator[Any]]


def export(request: Request) -> ExportManifest:
    """Write an export and say what is in it; give its manifest."""
    work = _Export.of(request)
    try:
        with staged(request.output) as folder, _workers(request.workers, len(work.parts)) as each:
            written = Written()
            for one in each(write_shard, work.shards(folder, each)):
                written.add(one)
            manifest = manifest_of(request, work.release, work.renderer, written)
            storage.write_bytes(f"{folder}/{MANIFEST}", f"{manifest.model_dump_json(indent=2)}\n".encode())
    except OSError as error:
        raise UsageError(f"{request.output} cannot be written: {first_line(error)}") from None
    except BrokenProcessPool:
        raise RunError("a process of the export was killed; nothing was exported") from None
    summarise(manifest, request.output, open_console())
    return manifest


@dataclass(frozen=True)
class _Export:
    """What is exported of which release, and how."""

    request: Request
    release: Release
    renderer: Renderer
    parts: list[Part]

    @classmethod
    def of(cls, request: Request) -> _Export:
        style, release = Style.of(request), open_release(request.release)
        renderer = renderer_of(style, tools=_has_tools(release))
        return cls(request, release, renderer, parts_of(release, request.verdict))

    def shards(self, folder: str, each: _Map) -> list[Shard]:
        """What is to be written, a part of the release at a time."""
        splits: tuple[str, ...] = (TRAIN,)
        parts: Sequence[Part] = self.parts
        if self.request.verdict != Verdict.KEPT.value:
            splits = (self.request.verdict,)
        if self.request.validation:
            splits, parts = (TRAIN, VALIDATION), [*self._split(each)]
        style, tools = self.renderer.style, self.renderer.tools
        return [
            Shard(self.release.folder, folder, part, at, len(parts), splits, style, tools)
            for at, part in enumerate(parts)
        ]

    def _split(self, each: _Map) -> list[KeptPart]:
        """The parts of the rows that are kept, with which of these are held out."""
        kept = [part for part in self.parts if isinstance(part, KeptPart)]
        prompts = each(partial(prompts_of, self.release.folder), kept)
        return choose_sides(self.release, kept, prompts, self.request.validation, self.request.seed)


@contextmanager
def _workers(wanted: int | None, parts: int) -> Iterator[_Map]:
    """What calls a function on each part, in so many processes as are wanted, or one for each core."""
    many = min(wanted or len(os.sched_getaffinity(0)), parts)
    if many <= 1:
        yield map
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(many, context, initializer=adopt, initargs=(configured(),)) as pool:
        try:
            yield pool.map
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _has_tools(release: Release) -> bool:
    """Whether any source has a column of tools."""
    paths = release.parts(CURATED)
    if not paths:
        return False
    with storage.open_input(paths[0]) as file:
        schema = pq.read_schema(file)
    return any("tools" in release.adapter(source.name, schema).columns for source in release.recipe.sources)
