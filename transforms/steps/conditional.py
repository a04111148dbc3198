"""Small files that several may want to write at once: each write says what it is to replace."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from transforms.steps import storage
from transforms.steps.stores.errors import StoreError
from transforms.steps.stores.registry import store_of
from transforms.steps.stores.store import Versioned

_WAITS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds after each try that a store refuses although nothing has changed: S3 does so where writes cross."""


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

    Raises:
        StoreError: the store keeps refusing, though nobody else's content stands.
    """
    before = None if over is None else over.version
    for wait in _WAITS:
        if storage.is_local(path):
            version = _write_local(Path(path), content, before)
        else:
            version = store_of(path).put_if(path, content, before)
        if version is not None:
            return Versioned(content, version)
        found = load(path)
        if found is not None and found.content == content:
            return found
        if (found and found.version) != before:
            return None
        time.sleep(wait)
    raise StoreError(path, "the store keeps refusing to write it, though nobody else has")


def _write_local(path: Path, content: bytes, over: str | None) -> str | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with storage.locked(path.parent):
        found = load(str(path))
        if (found and found.version) != over:
            return None
        storage.write_bytes(str(path), content)
    return hashlib.sha256(content).hexdigest()
