"""`tamis export`: rows of a release as files to train on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from pipelines.errors import RunError, UsageError
from pipelines.export.files import name_files
from pipelines.export.manifest import manifest_of
from pipelines.export.render import Renderer, renderer_of
from pipelines.export.request import FORMATS, Request, Style
from pipelines.export.rows import Part, parts_of
from pipelines.export.shards import Shard, Written, write_shard
from pipelines.export.sides import choose_sides, prompts_of
from pipelines.export.staging import staged
from pipelines.export.summary import summarise
from pipelines.processes import Map, processes
from pipelines.releases.kept import KeptPart
from pipelines.releases.release import Release, open_release
from pipelines.terminal import open_console
from schemas.export import ExportManifest
from schemas.plan import TRAIN
from schemas.reason import Reason
from schemas.verdict import Verdict
from transforms.steps import storage
from transforms.steps.stores.errors import StoreError, first_line

__all__ = ["Request", "export"]

VALIDATION = "validation"


def export(request: Request) -> ExportManifest:
    """Write an export and say what is in it; give its manifest."""
    work = _Export.of(request)
    try:
        with staged(request.output) as stage, processes(request.workers, len(work.parts)) as each:
            written = Written()
            for one in each(write_shard, work.shards(stage.folder, each)):
                written.add(one)
            _check_all_read(request, work.release, written)
            _delete_empty(stage.folder, written)
            manifest = manifest_of(request, work.release, work.renderer, written)
            stage.finish(f"{manifest.model_dump_json(indent=2)}\n")
    except StoreError:
        raise
    except OSError as error:
        raise UsageError(f"{request.output} cannot be written: {first_line(error)}") from None
    except BrokenProcessPool:
        raise RunError("a process of the export was killed; nothing was exported") from None
    summarise(manifest, request.output, open_console())
    return manifest


def _check_all_read(request: Request, release: Release, written: Written) -> None:
    """Refuse an export that has not seen every row of the verdict."""
    there, read = release.manifest.counts.verdicts[request.verdict], written.tally.read
    if request.verdict == Verdict.REJECTED.value:  # rows that a takedown list names are in no export
        there -= release.manifest.counts.reasons.get(Reason.REMOVED.value, 0)
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

    def shards(self, folder: str, each: Map) -> list[Shard]:
        """What is to be written, a part of the release at a time."""
        parts = self._held_out(each) if self.request.validation else self.parts
        style, tools = self.renderer.style, self.renderer.tools
        splits = [[*_splits_of(part)] for part in parts]
        return [
            Shard(self.release.folder, folder, part, names, style, tools)
            for part, names in zip(parts, name_files(splits, FORMATS[style.format]), strict=True)
        ]

    def _held_out(self, each: Map) -> list[Part]:
        """The parts, those of the split `train` with which of their rows are held out."""
        kept = [part for part in self.parts if isinstance(part, KeptPart)]
        if any(part.split == VALIDATION for part in kept):
            raise UsageError(f"release {self.release.name} has a split {VALIDATION}; leave out --validation")
        train = [part for part in kept if part.split == TRAIN]
        if not train:
            found = ", ".join(dict.fromkeys(part.split for part in kept))
            raise UsageError(f"--validation is taken from the split {TRAIN}, and there is {found} alone")
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


def _has_tools(release: Release) -> bool:
    """Whether any source has a column of tools."""
    return any("tools" in record.columns for record in release.manifest.sources.values())
