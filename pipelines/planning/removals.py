"""Reading the takedown lists that a run is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pipelines.errors import UsageError
from transforms.kernels.removals import Removals, read_removals
from transforms.steps import storage


def read_lists(paths: Sequence[str]) -> Removals:
    """What any of some files names; a file that is no takedown list is refused."""
    return reduce(or_, map(_read, paths), Removals())


def _read(path: str) -> Removals:
    try:
        return read_removals(storage.read_bytes(storage.absolute(path)).decode())
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the takedown list cannot be read: it is not UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{path}: the takedown list cannot be read: {reason}") from None
    except ValueError as error:
        raise UsageError(f"{path}, {error}") from None
