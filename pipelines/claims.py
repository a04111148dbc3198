"""Names of releases on object stores: each is claimed by one run, for good, and published by none other."""

from __future__ import annotations

import math

from schemas.lease import Claim, State
from schemas.paths import run_folder
from transforms.steps import conditional, storage

OPEN: State = "open"
HELD: State = "held"
COMMITTED: State = "committed"
ABANDONED: State = "abandoned"


def _path(root: str, release: str) -> str:
    return f"{run_folder(root, release)}/claim.json"


def claim(root: str, release: str, owner: str) -> bool:
    """Claim a name; whether it was nobody's yet."""
    return conditional.write(_path(root, release), _packed(owner, OPEN), None) is not None


def commit(root: str, release: str, owner: str, state: State = COMMITTED) -> bool:
    """Settle that a release will be published, or held by a gate; whether it may be.

    From here on nobody deletes its files, unless it is held.
    """
    return storage.is_local(root) or _settle(root, release, OPEN, state, owner) == state


def is_committed(root: str, release: str, owner: str) -> bool:
    """Whether a run has committed its release before, to be published or held."""
    found = conditional.load(_path(root, release))
    return found is not None and found.content in {_packed(owner, state) for state in (COMMITTED, HELD)}


def abandon(root: str, release: str) -> bool:
    """Settle that a release will never be published; whether that is so, and its files may be deleted."""
    return _settle(root, release, OPEN, ABANDONED) == ABANDONED


def let_go(root: str, release: str) -> bool:
    """Settle that a held release will be published all the same; whether it may be."""
    return storage.is_local(root) or _settle(root, release, HELD, COMMITTED) == COMMITTED


def drop(root: str, release: str, state: State) -> bool:
    """Settle that a held or published release is none; whether that is so, and its files may be deleted."""
    return _settle(root, release, state, ABANDONED) == ABANDONED


def settled_at(root: str, release: str) -> float:
    """When the claim to a release was last moved, in seconds since 1970; never, where there is none."""
    try:
        return storage.written_at(_path(root, release))
    except FileNotFoundError:
        return math.inf


def _settle(root: str, release: str, before: State, after: State, owner: str | None = None) -> State:
    """The state that a claim has once it is in one that it may be moved from no longer."""
    while True:
        found = conditional.load(_path(root, release))
        if found is None:
            return ABANDONED
        held = Claim.model_validate_json(found.content)
        if held.state != before or owner not in {None, held.owner}:
            return held.state if owner in {None, held.owner} else ABANDONED
        if conditional.write(_path(root, release), _packed(held.owner, after), found) is not None:
            return after


def _packed(owner: str, state: State) -> bytes:
    return Claim(owner=owner, state=state).model_dump_json().encode()
