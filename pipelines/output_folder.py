"""The output folder: its releases, the pointer to the latest, and what a killed run leaves."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from pipelines import claims, lease
from pipelines.errors import UsageError
from schemas import paths
from schemas.lease import State
from schemas.release import Outcome
from transforms.steps import conditional, presence, storage

OURS = frozenset({*paths.NAMES, lease.FILE, presence.FILE})

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_LONGEST_NAME = 255
"""File systems have no name of more bytes."""


def check_root(root: str, cache: str) -> None:
    """Refuse an output folder that holds something else than releases and, it may be, the cache."""
    for flag, path in (("--output", root), ("--cache", cache)):
        if storage.is_local(path) and Path(path).exists() and not Path(path).is_dir():
            raise UsageError(f"{path} is a file; {flag} takes a folder")
    names = [name for name in storage.list_names(root) if not storage.is_partial(name)]
    inside = cache.removeprefix(f"{root}/").split("/")[0]
    others = [name for name in names if name not in OURS | {inside}]
    if others:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise UsageError(f"{root} holds something else than releases ({shown}); name a new or empty folder")


def check_links(root: str) -> None:
    """Refuse an output folder parts of which lie elsewhere: what is no release there would be deleted."""
    for name in sorted(OURS - {paths.LINK, paths.CACHE}):
        if storage.is_link(f"{root}/{name}"):
            raise UsageError(
                f"{root}/{name} is a link; what runs write and clear has to lie in the output folder itself"
            )


def check_name(name: str) -> None:
    """Refuse a name that is no plain name of a folder."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"--release takes letters, digits and ._- after a letter or digit, found {name!r}")
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"--release takes a name of {_LONGEST_NAME} letters at most, found {len(name)}")


def releases(root: str) -> list[str]:
    """Names of the releases of a root, sorted: folders with a manifest."""
    return _with_file(root, paths.MANIFEST)


def held(root: str) -> list[str]:
    """Names of the releases that a gate holds, sorted: folders with a manifest by another name."""
    return [name for name in _with_file(root, paths.HELD) if not _has(root, name, paths.MANIFEST)]


def _with_file(root: str, file: str) -> list[str]:
    names = storage.list_names(f"{root}/{paths.RELEASES}")
    return [name for name in names if _has(root, name, file)]


def _has(root: str, name: str, file: str) -> bool:
    return storage.exists(f"{paths.release_folder(root, name)}/{file}")


def choose_name(root: str, wanted: str | None, owner: str) -> str:
    """The name of a run's release: the wanted one or the next number, on an object store claimed for good."""
    if wanted is not None:
        _check_free(root, wanted)
        if not storage.is_local(root) and not claims.claim(root, wanted, owner):
            raise UsageError(
                f"{root}: the name {wanted} is that of a run that published nothing; name another"
            )
        return wanted
    if storage.is_local(root):
        return _number(storage.list_names(f"{root}/{paths.RELEASES}"))
    taken = {*storage.list_names(f"{root}/{paths.RELEASES}"), *storage.list_names(f"{root}/{paths.RUNS}")}
    while not claims.claim(root, name := _number(taken), owner):
        taken.add(name)
    return name


def _check_free(root: str, name: str) -> None:
    """Refuse the name of a release, or of one that a gate holds."""
    if _has(root, name, paths.MANIFEST):
        raise UsageError(f"{root} has a release {name} already; releases are never changed, name another")
    if _has(root, name, paths.HELD):
        raise UsageError(
            f"{root}: a gate holds the release {name}; publish it by 'tamis publish {root} {name} --held', "
            "or name another"
        )


def _number(taken: Collection[str]) -> str:
    """The next number after those taken, as a release's name.

    >>> _number({"0009", "v1"}), _number({})
    ('0010', '0001')
    """
    return f"{max((int(name) for name in taken if name.isdecimal()), default=0) + 1:04d}"


def latest(root: str) -> str | None:
    """Name of the latest release, if there is one; what is no text is the name of none that is there."""
    path = f"{root}/{paths.LATEST}"
    return storage.read_bytes(path).decode(errors="replace").strip() if storage.exists(path) else None


def move_latest(root: str, name: str, owner: str = "") -> str | None:
    """Point `LATEST` to a release if the folder is still its run's; the sentence that says why not.

    What `LATEST` was is read before the lease: whoever takes the folder over after that moves it later.
    """
    path, content = f"{root}/{paths.LATEST}", f"{name}\n".encode()
    if storage.is_local(root):
        storage.write_bytes(path, content)
        _move_link(Path(root) / paths.LINK, f"{paths.RELEASES}/{name}")
        return None
    while True:
        found = conditional.load(path)
        if found is not None and found.content == content:
            return None
        lost = lease.loss(root, owner)
        if lost is not None:
            return f"{lost}; LATEST was left as it is"
        if conditional.write(path, content, found) is not None:
            return None


def _move_link(link: Path, target: str) -> None:
    fresh = storage.partial_beside(link)
    with suppress(OSError):  # some mounted disks have no links
        fresh.symlink_to(target)
        fresh.replace(link)


def clear_leftovers(root: str) -> list[str]:
    """Delete what killed runs left: half-written files and releases, staging areas; give the names."""
    if not storage.is_local(root):
        return _clear_abandoned(root)
    whole = {*releases(root), *held(root), latest(root)}
    dead = [name for name in storage.list_names(f"{root}/{paths.RELEASES}") if name not in whole]
    for name in dead:
        storage.delete_folder(paths.release_folder(root, name))
    storage.delete_folder(f"{root}/{paths.STAGING}")
    # The cache may be at work for other folders, too; `tamis cache` clears what killed writers left there.
    for name in storage.list_names(root):
        if storage.is_partial(name):
            storage.delete_file(f"{root}/{name}")
    for name in (paths.RELEASES, paths.RUNS):
        storage.delete_partials(f"{root}/{name}")
    return dead


def clear_held(root: str, but: str | None = None) -> list[str]:
    """Delete the releases that a gate holds, but for one; give their names."""
    return [name for name in held(root) if name != but and delete_release(root, name, claims.HELD)]


def clear_unfinished(root: str) -> list[str]:
    """Delete what runs left on a store that committed a release and never ended it; give the names.

    A day later no writer of its manifest is about. Locally a manifest is all there is to committing.
    """
    if storage.is_local(root):
        return []
    whole, yesterday = {*releases(root), *held(root)}, time.time() - lease.DETACHED_SECONDS
    left = [name for name in storage.list_names(f"{root}/{paths.RELEASES}") if name not in whole]
    return [
        name
        for name in left
        if claims.settled_at(root, name) < yesterday and delete_release(root, name, claims.COMMITTED)
    ]


def delete_release(root: str, name: str, state: State = claims.COMMITTED) -> bool:
    """Delete a release, or one in another state, for good; whether it was in that state.

    What is left of it should this be killed, the next run clears, on an object store by the staging area.
    """
    if storage.is_local(root):
        _erase(root, name)
        return True
    storage.write_bytes(f"{paths.staging_folder(root, name)}/deleted", b"")
    dropped = claims.drop(root, name, state)
    if dropped:
        _erase(root, name)
    storage.delete_folder(paths.staging_folder(root, name))
    return dropped


def _erase(root: str, name: str) -> None:
    """Delete a release's files, and the report, which quotes rows, out of what its job said of its end."""
    _delete_files(root, name)
    for file in (paths.OUTCOME, paths.OUTCOME_AGAIN):
        path = f"{paths.run_folder(root, name)}/{file}"
        if storage.exists(path):
            outcome = Outcome.model_validate_json(storage.read_bytes(path))
            outcome = outcome.model_copy(update={"report": ""})
            storage.write_bytes(path, outcome.model_dump_json(indent=2).encode())


def _delete_files(root: str, name: str) -> None:
    """Delete a release's folder, the manifest first: it is whole or none at any moment."""
    folder = paths.release_folder(root, name)
    for file in () if storage.is_link(folder) else (paths.MANIFEST, paths.HELD):
        storage.delete_file(f"{folder}/{file}")
    storage.delete_folder(folder)


def _clear_abandoned(root: str) -> list[str]:
    """Delete what killed runs left on an object store; give the names. Each has left a staging area.

    A run that has not committed its release by now never will. One that has may be about to write its
    manifest still, so its files stay.
    """
    dead = []
    for name in storage.list_names(f"{root}/{paths.STAGING}"):
        if claims.abandon(root, name):
            dead.append(name)
            _delete_files(root, name)
        storage.delete_folder(paths.staging_folder(root, name))
    return dead
