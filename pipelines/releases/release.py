"""A published release: its folder, its manifest and its recipe."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from pydantic import ValidationError

from pipelines import output_folder
from pipelines.errors import RunError, UsageError
from pipelines.planning.adapters import read_as
from pipelines.releases.parts import open_part
from schemas import paths
from schemas.recipe import Recipe
from schemas.release import InputRecord, Manifest
from schemas.report import REPORT, Report
from transforms.kernels.adapters import BY_NAME, Adapter
from transforms.kernels.removals import Removals, read_removals
from transforms.steps import storage
from transforms.steps.reader import READ_ERRORS
from transforms.steps.stores.errors import StoreError, first_line

_SEE_VERIFY = "'tamis verify' says what is wrong with the release"


@dataclass(frozen=True)
class Release:
    """A release as its manifest describes it."""

    folder: str
    manifest: Manifest
    recipe: Recipe

    @property
    def name(self) -> str:
        """Name of the release."""
        return self.manifest.release

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """Bytes of the files that are there, by their paths in the release; listed once."""
        return storage.files_in(self.folder)

    def parts(self, kind: str) -> list[str]:
        """Paths of its files of one kind (`verdicts`, `curated`, `rejects`), in order.

        Raises:
            RunError: one is not there, or not of the size that the manifest says.
        """
        wanted = {file.path: file.bytes for file in self.manifest.files if file.path.startswith(f"{kind}/")}
        for path, size in sorted(wanted.items()):
            found = self._sizes.get(path)
            if found != size:
                what = "is missing" if found is None else f"has {found:,} bytes, the manifest says {size:,}"
                raise RunError(f"{self.folder}/{path}: this file of the release {what}; {_SEE_VERIFY}")
        return [f"{self.folder}/{path}" for path in sorted(wanted)]

    def read(self, path: str) -> bytes:
        """One of its small files, whole, by its path in the release.

        Raises:
            RunError: it cannot be read, or is not what the manifest says.
        """
        place = f"{self.folder}/{path}"
        with open_part(place) as file:
            content = bytes(file.read())
        found = hashlib.sha256(content).hexdigest()
        if (path, found) not in ((file.path, file.sha256) for file in self.manifest.files):
            raise RunError(f"{place}: this file of the release is not what the manifest says; {_SEE_VERIFY}")
        return content

    def adapter(self, source: str, schema: pa.Schema) -> Adapter:
        """What reads the rows of a source or reference set, out of a file with a schema."""
        if record := self.manifest.sources.get(source):
            # The schema of a release has the columns of all its sources, so one is not told by it alone.
            there = {role: column for role, column in record.columns.items() if column in schema.names}
            return BY_NAME[record.format].reading(there)
        sets = (*self.recipe.sources, *self.recipe.references)
        (found,) = [entry for entry in sets if entry.name == source]
        return read_as(found, source, schema)

    def is_reference(self, source: str) -> bool:
        """Whether it is the name of a reference set."""
        return any(reference.name == source for reference in self.recipe.references)

    def input_of(self, source: str, file: str) -> InputRecord:
        """What the manifest says of an input file."""
        return next(
            record for record in self.manifest.inputs if (record.source, record.file) == (source, file)
        )

    def address(self, source: str, file: str, row: int | None = None) -> str:
        """FILE:ROW or, where there are several sets of files, SOURCE/FILE:ROW: what `tamis explain` takes."""
        several = len(self.recipe.sources) + len(self.recipe.references) > 1
        return (f"{source}/{file}" if several else file) + ("" if row is None else f":{row}")


def open_release(path: str) -> Release:
    """The release at a folder, or the latest one of an output folder."""
    return _open(path, paths.MANIFEST)


def open_to_look(path: str) -> Release:
    """The same, or one that a gate holds, at its own folder: what that is like says whether to publish it."""
    held = storage.exists(f"{storage.trim(path)}/{paths.HELD}")
    return _open(path, paths.HELD if held else paths.MANIFEST)


def _open(path: str, name: str) -> Release:
    """The release that a manifest of some name describes."""
    trimmed = storage.trim(path)
    try:
        folder = _find(trimmed, name)
        manifest = Manifest.model_validate_json(storage.read_bytes(f"{folder}/{name}"))
        recipe = Recipe.model_validate_json(json.dumps(manifest.recipe))
        problem = next(_problems(manifest, recipe), None)
    except ValidationError as error:
        problem = _first(error)
    except StoreError:
        raise
    except READ_ERRORS as error:
        raise UsageError(f"there is no release to read at {path}: {first_line(error)}") from None
    if problem is not None:
        raise UsageError(f"{folder}/{name} is not one that this version reads: {problem}")
    return Release(folder, manifest, recipe)


def _problems(manifest: Manifest, recipe: Recipe) -> Iterator[str]:
    """Sentences on what of a manifest does not fit together, or is not known."""
    for name, source in manifest.sources.items():
        if source.format not in BY_NAME:
            yield f"sources.{name}.format: {source.format} is not known"
    known = {entry.name for entry in (*recipe.sources, *recipe.references)}
    for file in manifest.inputs:
        if file.source not in known:
            yield f"inputs: {file.source} is no source of its recipe"


def read_report(release: Release) -> Report:
    """The report of a release.

    Raises:
        RunError: it is not what the manifest says.
    """
    return _report(release.read(REPORT), f"{release.folder}/{REPORT}")


def load_report(path: str) -> Report:
    """The report in a file.

    Raises:
        UsageError: it is not there, or no report.
    """
    try:
        content = storage.read_bytes(path)
    except StoreError:
        raise
    except READ_ERRORS as error:
        raise UsageError(f"{path} cannot be read: {first_line(error)}") from None
    return _report(content, path)


def _report(content: bytes, path: str) -> Report:
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        raise UsageError(f"{path} is not one that this version reads: {_first(error)}") from None


def read_removed(release: Release) -> Removals:
    """The takedown list that a release was made with; an empty one where there was none."""
    if not any(file.path == paths.REMOVALS for file in release.manifest.files):
        return Removals()
    try:
        return read_removals(release.read(paths.REMOVALS).decode())
    except RunError as error:
        raise RunError(f"what must not return is not known: {error}") from None


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return f"{'.'.join(map(str, found['loc'])) or 'the file'}: {found['msg']}"


def _find(path: str, name: str) -> str:
    """Folder of the release that a path means, its manifest being of some name."""
    if storage.exists(f"{path}/{name}"):
        return path
    latest = output_folder.latest(path)
    if latest is None:
        raise UsageError(f"there is no release at {path}: {_describe(path)}")
    folder = paths.release_folder(path, latest)
    if not storage.exists(f"{folder}/{paths.MANIFEST}"):
        lacks = f"{folder} has no {paths.MANIFEST}"
        raise UsageError(f"{path}/{paths.LATEST} names the release {latest}, but {lacks}")
    return folder


def _describe(path: str) -> str:
    """What is at a path that is neither a release nor an output folder."""
    if storage.exists(path):
        return "it is a file; name the folder of a release, or an output folder"
    names = storage.list_names(path)
    if not names:
        return "nothing is there"
    if paths.RELEASES in names:
        return _describe_root(path)
    published = [name for name in names if storage.exists(f"{path}/{name}/{paths.MANIFEST}")]
    if published:
        return f"it holds the releases {', '.join(published)}; name one of them"
    if paths.HELD in names:
        return "a gate holds the one there, so it is not published; 'tamis publish ROOT NAME --held' does so"
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"it holds {shown}, but neither {paths.MANIFEST} nor {paths.LATEST}"


def _describe_root(path: str) -> str:
    """What is in an output folder that has lost its pointer, or has none yet."""
    there = ", ".join(output_folder.releases(path)[-3:])
    if not there:
        return "it is an output folder in which nothing has been published yet"
    lost = f"it has releases ({there}), but no {paths.LATEST} that names one"
    return f"{lost}; 'tamis publish {path} NAME' does"
