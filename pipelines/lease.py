"""The lock of an output folder on an object store: a lease that is renewed, and that is seen to die."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone

from pipelines.errors import UsageError
from schemas.lease import Holder
from transforms.steps import conditional
from transforms.steps.stores.errors import StoreError
from transforms.steps.stores.store import Versioned

FILE = ".lock"
DETACHED_SECONDS = 24 * 3600.0
"""After so long a job that nobody waits for is given up."""


@dataclass(frozen=True)
class Pace:
    """How often a lease is renewed, and for how long it is watched before it is presumed dead, in seconds."""

    beat: float = 10.0
    dead: float = 60.0
    look: float = 1.0


PACE = Pace()


class Lease:
    """A held output folder. It can be lost, so whatever is final asks `loss` first."""

    def __init__(self, root: str, holder: Holder, written: Versioned) -> None:
        """Hold a folder as its lock says."""
        self.root = root
        self.holder = holder
        self.written = written
        self._turn = threading.Lock()

    def renew(self, **changes: object) -> bool:
        """Write the lock anew, with changes; whether it was still ours."""
        path = f"{self.root}/{FILE}"
        with self._turn:
            while True:
                holder = self.holder.model_copy(update={"beat": self.holder.beat + 1, **changes})
                if (written := conditional.write(path, packed(holder), self.written)) is not None:
                    self.holder, self.written = holder, written
                    return True
                found = conditional.load(path)
                if found is None or not _is_held(_holder(found), self.holder.owner):
                    return False
                # An earlier write of ours arrived, and the store's answer did not.
                self.holder, self.written = _holder(found), found


@contextmanager
def leased(root: str) -> Iterator[Lease]:
    """Hold an output folder while the body runs, and longer if it was detached meanwhile."""
    lease = take(root)
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(lease, stop), daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        stop.set()
        thread.join()
        if not lease.holder.detached:
            lease.renew(free=True)


def _beat(lease: Lease, stop: threading.Event) -> None:
    held = True
    while held and not stop.wait(PACE.beat):
        with suppress(StoreError):  # a store that does not answer is asked again; others wait longer
            held = lease.holder.detached or lease.renew()


def take(root: str) -> Lease:
    """Take an output folder that nobody holds, or whose holder is seen to be dead."""
    found = conditional.load(f"{root}/{FILE}")
    if found is not None and not _holder(found).free:
        _see_dead(root, found)
    mine = this_run()
    written = conditional.write(f"{root}/{FILE}", packed(mine), found)
    if written is None:
        other = conditional.load(f"{root}/{FILE}")
        raise UsageError(refusal(root, _holder(other)) if other else f"{root}: another run was faster")
    return Lease(root, mine, written)


def this_run() -> Holder:
    """Who this run is, by a name of its own."""
    now = datetime.now(tz=timezone.utc).timestamp()
    return Holder(owner=uuid.uuid4().hex, host=socket.gethostname(), pid=os.getpid(), since=round(now, 3))


def _see_dead(root: str, found: Versioned) -> None:
    """Return once a lease is seen to be dead: it is not renewed for a while, by this machine's own watch."""
    holder = _holder(found)
    if holder.detached:
        if time.time() < holder.since + DETACHED_SECONDS:
            raise UsageError(refusal(root, holder))
        return
    deadline = time.monotonic() + PACE.dead
    while time.monotonic() < deadline:
        time.sleep(min(PACE.look, PACE.dead))
        again = conditional.load(f"{root}/{FILE}")
        if again is None or _holder(again).free:
            raise UsageError(f"{root}: another run has just ended there; start again")
        if again.version != found.version:
            raise UsageError(refusal(root, _holder(again)))


def loss(root: str, owner: str) -> str | None:
    """The sentence that says who holds an output folder instead of an owner; None while the owner does."""
    found = conditional.load(f"{root}/{FILE}")
    holder = None if found is None else _holder(found)
    if holder is not None and _is_held(holder, owner):
        return None
    if holder is None or holder.free or holder.owner == owner:
        return f"{root}: the run no longer holds it"
    return f"{root}: the run was taken for dead, and {_described(holder)} holds it now"


def unlock(root: str) -> Holder | None:
    """Free an output folder whose run has ended; give who held it, None where nobody did."""
    found = conditional.load(f"{root}/{FILE}")
    if found is None or _holder(found).free:
        return None
    holder = _holder(found)
    if not holder.detached:
        if holder.host == socket.gethostname() and _alive(holder.pid):
            raise UsageError(f"{root}: {_described(holder)} is alive on this machine; end it first")
        _see_dead(root, found)
    free = holder.model_copy(update={"free": True})
    if conditional.write(f"{root}/{FILE}", packed(free), found) is None:
        raise UsageError(f"{root}: the lock has just changed; look again")
    return holder


def free(root: str, owner: str) -> None:
    """Free an output folder, if an owner holds it."""
    found = conditional.load(f"{root}/{FILE}")
    if found is not None and _holder(found).owner == owner:
        holder = _holder(found).model_copy(update={"free": True})
        conditional.write(f"{root}/{FILE}", packed(holder), found)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_held(holder: Holder, owner: str) -> bool:
    return not holder.free and holder.owner == owner


def _holder(found: Versioned) -> Holder:
    return Holder.model_validate_json(found.content)


def packed(holder: Holder) -> bytes:
    """The content of a lock."""
    return holder.model_dump_json(indent=2).encode()


def _described(holder: Holder) -> str:
    since = datetime.fromtimestamp(holder.since, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    release = f"of release {holder.release}, " if holder.release else ""
    return f"a run ({release}process {holder.pid} on {holder.host}, since {since})"


def refusal(root: str, holder: Holder) -> str:
    """The sentence that says who holds an output folder."""
    if holder.detached:
        return (
            f"{root}: {_described(holder)} was handed to a job that ends by itself and holds the folder for "
            f"{DETACHED_SECONDS / 3600:.0f} hours at most; if the job will never run, tamis unlock {root}"
        )
    return f"{root}: {_described(holder)} is writing there; wait for it or name another folder"
