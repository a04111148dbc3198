"""Moving LATEST to another release: a roll-back, or a release published after all."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from pipelines import claims, holding, output_folder
from pipelines.errors import RunError, TamisError, UsageError
from pipelines.releases.release import open_release, read_removed
from schemas import paths
from schemas.release import Manifest
from transforms.kernels.removals import Removals
from transforms.steps import conditional, storage


def point_to(root: str, name: str, *, held: bool) -> Removals | None:
    """Move LATEST to a whole release; give what the one before had removed and this one has not.

    None where the one before is damaged, and cannot tell.
    With `held` the release is one that a gate holds, which thereby becomes a release.
    """
    output_folder.check_name(name)
    _check_there(root, name, held=held)
    with holding.lock(root) as hold:
        folder = paths.release_folder(root, name)
        waiting = held and name in output_folder.held(root)
        content = storage.read_bytes(f"{folder}/{paths.HELD if waiting else paths.MANIFEST}")
        problem = next(_faults(folder, name, content), None)
        if problem is not None:
            raise RunError(f"{folder} is no whole release, so LATEST stays where it is: {problem}")
        if waiting:
            _let_go(root, name, content)
        storage.delete_file(f"{folder}/{paths.HELD}")
        before, removed = output_folder.latest(root), read_removed(open_release(folder))
        lost = output_folder.move_latest(root, name, hold.owner)
        if lost is not None:
            raise RunError(lost)
    if before is None:
        return Removals()
    try:
        return read_removed(open_release(paths.release_folder(root, before))) - removed
    except TamisError:
        return None


def _let_go(root: str, name: str, manifest: bytes) -> None:
    """Make a release of one that a gate holds."""
    folder = paths.release_folder(root, name)
    if not claims.let_go(root, name):
        raise RunError(f"{root}: another run has just deleted the release {name}")
    if conditional.write(f"{folder}/{paths.MANIFEST}", manifest, None) is None:
        raise RunError(f"{root} has another release {name} already; releases are never changed")


def _check_there(root: str, name: str, *, held: bool) -> None:
    """Refuse what is not there, before anything is made."""
    whole, waiting = output_folder.releases(root), output_folder.held(root)
    if name in (waiting if held else whole):
        return
    if name in waiting:
        raise UsageError(f"a gate holds the release {name} of {root}; --held publishes it all the same")
    if name in whole and storage.exists(f"{paths.release_folder(root, name)}/{paths.HELD}"):
        return  # it was let go, and whoever did so was killed then
    if name in whole:
        raise UsageError(f"no gate holds the release {name} of {root}; leave out --held")
    kind, found = ("held release", waiting) if held else ("release", whole)
    there = f"it has {', '.join(found)}" if found else "it has none"
    raise UsageError(f"{root} has no {kind} {name}; {there}")


def _faults(folder: str, name: str, content: bytes) -> Iterator[str]:
    """What a release lacks, at a glance: `tamis verify` looks into the files."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:
        yield "its manifest is not one that this version reads"
        return
    if manifest.release != name:
        yield f"its manifest is that of the release {manifest.release}"
    sizes = storage.files_in(folder)
    for file in manifest.files:
        if file.path not in sizes:
            yield f"{file.path} is missing"
        elif sizes[file.path] != file.bytes:
            yield f"{file.path} has {sizes[file.path]:,} bytes, not {file.bytes:,}"
