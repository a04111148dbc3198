"""Small files that several may want to write at once: each write says what it is to replace."""

from __future__ import annotations

import hashlib
from pathlib import Path

from transforms.steps import storage
from transforms.steps.stores.registry import store_of
from transforms.steps.stores.store import Versioned


def load(path: str) -> Versioned | None:
    """A file with its version; None where there is none."""
    if not storage.is_local(path):
        return store_of(path).load(path)
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    return Versioned(content, hashlib.sha256(content).hexdigest())


def write(path: str, content: bytes, over: Versioned | None) -> Versioned | None:
    """Write a file if it still is what it was or, for None, is not there; give what it is then.

    None if that was not so, and somebody else's content stands. Where the store's answer to an earlier try
    got lost, or another worker wrote the very same, this content stands and counts as written.
    """
    before = None if over is None else over.version
    if storage.is_local(path):
        version = _write_local(Path(path), content, before)
    else:
        version = store_of(path).put_if(path, content, before)
    if version is not None:
        return Versioned(content, version)
    found = load(path)
    return found if found is not None and found.content == content else None


def _write_local(path: Path, content: bytes, over: str | None) -> str | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with storage.locked(path.parent):
        found = load(str(path))
        if (found and found.version) != over:
            return None
        storage.write_bytes(str(path), content)
    return hashlib.sha256(content).hexdigest()
