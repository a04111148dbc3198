"""Names of releases on object stores: each is claimed by one run, for good, and published by none other."""

from __future__ import annotations

from schemas.lease import Claim
from transforms.steps import conditional, storage

OPEN, COMMITTED, ABANDONED = "open", "committed", "abandoned"


def _path(root: str, release: str) -> str:
    return f"{root}/runs/{release}/claim.json"


def claim(root: str, release: str, owner: str) -> bool:
    """Claim a name; whether it was nobody's yet."""
    return conditional.write(_path(root, release), _packed(owner, OPEN), None) is not None


def commit(root: str, release: str, owner: str) -> bool:
    """Settle that a release will be published; whether it may be. From here on nobody deletes its files."""
    return storage.is_local(root) or _settle(root, release, COMMITTED, owner) == COMMITTED


def is_committed(root: str, release: str, owner: str) -> bool:
    """Whether a run has committed its release before."""
    found = conditional.load(_path(root, release))
    return found is not None and found.content == _packed(owner, COMMITTED)


def abandon(root: str, release: str) -> bool:
    """Settle that a release will never be published; whether that is so, and its files may be deleted."""
    return _settle(root, release, ABANDONED) != COMMITTED


def _settle(root: str, release: str, state: str, owner: str | None = None) -> str:
    """The state that a claim has for good: the one wished for, unless another came first."""
    while True:
        found = conditional.load(_path(root, release))
        if found is None:
            return ABANDONED
        held = Claim.model_validate_json(found.content)
        if held.state != OPEN or owner not in {None, held.owner}:
            return held.state if owner in {None, held.owner} else ABANDONED
        if conditional.write(_path(root, release), _packed(held.owner, state), found) is not None:
            return state


def _packed(owner: str, state: str) -> bytes:
    return Claim(owner=owner, state=state).model_dump_json().encode()
