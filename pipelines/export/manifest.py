"""The manifest of an export, out of what was asked for and what was written."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from pipelines.export.render import Renderer, Sizes
from pipelines.export.request import Request
from pipelines.export.shards import Written
from pipelines.releases.release import Release
from schemas.export import (
    ExportCounts,
    ExportManifest,
    LimitRecord,
    PackingRecord,
    SplitCounts,
    SplitRecord,
    TemplateRecord,
)
from transforms.kernels.packing import pack
from transforms.kernels.token_counts import FileTokenizer


def manifest_of(request: Request, release: Release, renderer: Renderer, written: Written) -> ExportManifest:
    """What is to be told of an export: no path outside it, no time, nothing of this machine."""
    limit = request.max_tokens
    files = [file for files in written.files.values() for file in files]
    return ExportManifest(
        release=release.name,
        digest=release.manifest.digest,
        content_digest=release.manifest.content_digest,
        verdict=request.verdict,
        template=_template(renderer),
        format=request.format,
        eos=request.eos,
        tokens=renderer.counter.name,
        limit=None if limit is None else LimitRecord(max_tokens=limit, too_long=request.too_long),
        split=SplitRecord(validation=request.validation, seed=request.seed) if request.validation else None,
        counts=ExportCounts(**vars(written.tally), written=sum(file.rows or 0 for file in files)),
        splits={split: _count(sizes, request.pack) for split, sizes in written.sizes.items()},
        versions=_versions(renderer),
        files=sorted(files, key=lambda file: file.path),
    )


def _template(renderer: Renderer) -> TemplateRecord:
    """A built-in template by name, a user's by the last part of its path and its content."""
    name, source = renderer.style.template, renderer.style.source
    if source is None:
        return TemplateRecord(name=name)
    return TemplateRecord(name=name.rpartition("/")[2], sha256=hashlib.sha256(source.encode()).hexdigest())


def _count(sizes: Sizes, room: int | None) -> SplitCounts:
    return SplitCounts(
        rows=sizes.tokens.total(),
        tokens=sum(length * rows for length, rows in sizes.tokens.items()),
        characters=sizes.characters,
        packing=None if room is None else _pack(sizes, room),
    )


def _pack(sizes: Sizes, room: int) -> PackingRecord:
    packed = pack(sizes.tokens, room)
    fill = packed.tokens / (packed.sequences * room) if packed.sequences else 0.0
    return PackingRecord(length=room, sequences=packed.sequences, fill=round(fill, 6), cut=packed.cut)


def _versions(renderer: Renderer) -> dict[str, str]:
    """Versions of what can change a byte of an export."""
    packages = ["tamis", "pyarrow"]
    packages += ["jinja2"] if renderer.template is not None else []
    packages += ["tokenizers"] if isinstance(renderer.counter, FileTokenizer) else []
    return {package: version(package) for package in packages}
