"""What a store says no with, as one sentence."""

from __future__ import annotations

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a disk says of a file that it has no room for."""


class StoreError(OSError):
    """A store failed. It has an `errno`, so that nobody takes it for damage of the data."""

    exit_code = 1

    def __init__(self, path: str, sentence: str) -> None:
        """Say what went wrong with a path."""
        super().__init__(errno.EIO, sentence, path)
        self.path, self.sentence = path, sentence

    def __str__(self) -> str:
        """The sentence, after the path it is about."""
        return f"{self.path}: {self.sentence}"

    def __reduce__(self) -> tuple[type[StoreError], tuple[str, str]]:
        """How to make it again in another process."""
        return type(self), (self.path, self.sentence)


class StoreUsageError(StoreError):
    """A store that is not there, may not be used, or cannot be for want of a package."""

    exit_code = 2


def lacking(what: str, extra: str) -> str:
    """The sentence that something needs one of the extras Tamis is installed with.

    >>> lacking("S3", "s3")
    "S3 needs the extra s3: pip install '.[s3]' in Tamis's checkout"
    """
    return f"{what} needs the extra {extra}: pip install '.[{extra}]' in Tamis's checkout"


def not_found(path: str) -> FileNotFoundError:
    """The error that there is nothing at a path."""
    return FileNotFoundError(errno.ENOENT, "there is no such file", path)


def first_line(error: BaseException) -> str:
    r"""The first line of what an error says.

    >>> first_line(ValueError("a\nb")), first_line(ValueError())
    ('a', '')
    """
    return str(error).strip().split("\n")[0]


def sentence_of(error: OSError) -> str:
    """What an error of the system says, after the file that it names, if it does.

    >>> sentence_of(OSError(28, "No space left", "a")), sentence_of(OSError(28, "No space left"))
    ('a: No space left', 'No space left')
    """
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror}"
