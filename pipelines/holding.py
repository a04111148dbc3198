"""Who may write to an output folder: one run at a time, by a lock or, on an object store, a lease."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from pipelines import claims, lease, output_folder
from pipelines.errors import RunError, UsageError
from schemas.lease import Holder
from transforms.steps import presence, storage

_PATIENCE_SECONDS = 60.0


@dataclass
class Hold:
    """An output folder held for one run, by a name of its own."""

    root: str
    holder: Holder
    lease: lease.Lease | None = None
    lock: IO[bytes] | None = None

    @property
    def owner(self) -> str:
        """The run's own name."""
        return self.holder.owner

    @property
    def release(self) -> str:
        """The release that the run is to make, once that has a name."""
        return self.holder.release

    def name(self, release: str) -> None:
        """Say which release the run is to make."""
        self.holder = self.holder.model_copy(update={"release": release})
        self._renew(release=release)
        self.tell()

    def tell(self) -> None:
        """Say in the lock of a local folder who holds it."""
        if self.lock is not None:
            self.lock.truncate(0)
            self.lock.write(lease.packed(self.holder))
            self.lock.flush()

    @contextmanager
    def handing_over(self, *, detached: bool) -> Iterator[None]:
        """Leave the folder to a job that ends the release itself, unless the body fails to start it."""
        if detached:
            self._renew(detached=True)
        try:
            yield
        except BaseException:
            if detached:
                self._renew(detached=False)
            raise

    def _renew(self, **changes: object) -> None:
        if self.lease is not None and not self.lease.renew(**changes):
            raise RunError(lease.loss(self.root, self.owner) or f"{self.root}: the lock was lost")


@contextmanager
def lock(root: str) -> Iterator[Hold]:
    """Hold the output folder for one run; the lock of a dead one is free."""
    with _lock_local(root) if storage.is_local(root) else _lease(root) as hold:
        yield hold


@contextmanager
def _lease(root: str) -> Iterator[Hold]:
    with lease.leased(root) as held:
        hold = Hold(root, held.holder, held)
        try:
            yield hold
        finally:
            if hold.release and not held.holder.detached:
                claims.abandon(root, hold.release)


@contextmanager
def _lock_local(root: str) -> Iterator[Hold]:
    output_folder.check_links(root)
    try:
        Path(root).mkdir(parents=True, exist_ok=True)
        lock = (Path(root) / lease.FILE).open("ab+")
    except OSError as error:
        raise UsageError(f"{root} cannot be written to: {error.strerror}") from None
    with lock as file:
        _flock(file, root)
        hold = Hold(root, lease.this_run(), lock=file)
        hold.tell()
        if not presence.take_over(root, hold.owner, _PATIENCE_SECONDS):
            raise RunError(
                f"{root}: workers of a run that was killed are still at work there; end them first"
            )
        yield hold


def _flock(file: IO[bytes], root: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        sentence = f"{root}: another run is writing there; wait for it or name another folder"
        with suppress(ValidationError):  # it may be about to say who it is
            sentence = lease.refusal(root, Holder.model_validate_json(file.read()))
        raise UsageError(sentence) from None


def unlock(root: str) -> Holder | None:
    """Free an output folder whose run has ended, and let it publish nothing; give who held it, if anybody."""
    if storage.is_local(root):
        output_folder.check_links(root)
        if (Path(root) / lease.FILE).exists():
            with (Path(root) / lease.FILE).open("ab+") as file:
                _flock(file, root)
        return None
    holder = lease.unlock(root)
    if holder is not None and holder.release:
        claims.abandon(root, holder.release)
    return holder
