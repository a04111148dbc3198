"""`tamis export`: rows of a release as files to train on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Any, TypeAlias

from pipelines.errors import RunError, UsageError
from pipelines.export.files import name_files
from pipelines.export.manifest import manifest_of
from pipelines.export.render import Renderer, renderer_of
from pipelines.export.request import FORMATS, Request, Style
from pipelines.export.rows import KeptPart, Part, parts_of
from pipelines.export.shards import Shard, Written, write_shard
from pipelines.export.sides import choose_sides, prompts_of
from pipelines.export.staging import MANIFEST, staged
from pipelines.export.summary import summarise
from pipelines.releases.release import Release, first_line, open_release
from pipelines.terminal import open_console
from schemas.export import ExportManifest
from schemas.plan import TRAIN
from transforms.steps import storage
from transforms.steps.stores.registry import adopt, configured

__all__ = ["Request", "export"]

VALIDATION = "validation"
_Map: TypeAlias = Callable[..., Iterator[Any]]


def export(request: Request) -> ExportManifest:
    """Write an export and say what is in it; give its manifest."""
    work = _Export.of(request)
    try:
        with staged(request.output) as folder, _workers(request.workers, len(work.parts)) as each:
            written = Written()
            for one in each(write_shard, work.shards(folder, each)):
                written.add(one)
            _check_all_read(request, work.release, written)
            _delete_empty(folder, written)
            manifest = manifest_of(request, work.release, work.renderer, written)
            storage.write_bytes(f"{folder}/{MANIFEST}", f"{manifest.model_dump_json(indent=2)}\n".encode())
    except OSError as error:
        raise UsageError(f"{request.output} cannot be written: {first_line(error)}") from None
    except BrokenProcessPool:
        raise RunError("a process of the export was killed; nothing was exported") from None
    summarise(manifest, request.output, open_console())
    return manifest


def _check_all_read(request: Request, release: Release, written: Written) -> None:
    """Refuse an export that has not seen every row of the verdict."""
    there, read = release.manifest.counts.verdicts[request.verdict], written.tally.read
    if read != there:
        raise RunError(
            f"{release.folder}: {read:,} {request.verdict} rows were read, the manifest counts {there:,}; "
            "'tamis verify' says what is wrong with the release"
        )


def _delete_empty(folder: str, written: Written) -> None:
    """Delete the files of a split that got no row, which `datasets` refuses to load."""
    filled = {split for split, files in written.files.items() if any(file.rows for file in files)}
    for split in written.files.keys() - filled if filled else ():
        for file in written.files.pop(split):
            storage.delete_file(f"{folder}/{file.path}")


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
        parts = self._held_out(each) if self.request.validation else self.parts
        style, tools = self.renderer.style, self.renderer.tools
        splits = [[*_splits_of(part)] for part in parts]
        return [
            Shard(self.release.folder, folder, part, names, style, tools)
            for part, names in zip(parts, name_files(splits, FORMATS[style.format]), strict=True)
        ]

    def _held_out(self, each: _Map) -> list[Part]:
        """The parts, those of the split `train` with which of their rows are held out."""
        kept = [part for part in self.parts if isinstance(part, KeptPart)]
        if any(part.split == VALIDATION for part in kept):
            raise UsageError(f"release {self.release.name} has a split {VALIDATION}; leave out --validation")
        train = [part for part in kept if part.split == TRAIN]
        prompts = each(partial(prompts_of, self.release.folder), train)
        split = choose_sides(self.release, train, prompts, self.request.validation, self.request.seed)
        return [*(part for part in kept if part.split != TRAIN), *split]


def _splits_of(part: Part) -> Iterator[str]:
    """The splits that a part's rows go to."""
    if not isinstance(part, KeptPart):
        yield part.verdict
        return
    yield part.split
    if part.held_out is not None:
        yield VALIDATION


@contextmanager
def _workers(wanted: int | None, parts: int) -> Iterator[_Map]:
    """What calls a function on each part, in so many processes as are wanted, or one for each core."""
    many = min(wanted or len(os.sched_getaffinity(0)), parts)
    if many <= 1:
        yield map
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(many, context, initializer=_begin, initargs=(configured(),)) as pool:
        try:
            yield pool.map
        except BaseException:
            for child in active_children():
                child.terminate()
            raise


def _begin(stores: str) -> None:
    """Let a process reach stores as its parent does, leave it to that to be stopped, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    adopt(stores)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _has_tools(release: Release) -> bool:
    """Whether any source has a column of tools."""
    return any("tools" in record.columns for record in release.manifest.sources.values())
