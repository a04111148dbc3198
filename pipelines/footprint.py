"""How a process of Tamis sits on its machine: one BLAS thread, and freed memory that is used again."""

from __future__ import annotations

import contextlib
import ctypes
import os

_ARENAS, _MMAP_THRESHOLD, _TRIM_THRESHOLD = 1, 32 << 20, 128 << 20
_SETTINGS = {
    # Work is spread over processes; threads below it would wait in turn for the same cores, and round
    # sums differently on machines with more of them.
    "OPENBLAS_NUM_THREADS": "1",
    # Columns come and go by the megabyte: much of a refresh was the kernel zeroing pages given back a moment
    # before. One arena, Arrow's buffers in it too, keeps what is given back where the next thread finds it.
    # Huge pages, which numpy asks for, are zeroed whole for arrays that fill a part of them.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "NUMPY_MADVISE_HUGEPAGE": "0",
    "MALLOC_ARENA_MAX": str(_ARENAS),
    "MALLOC_MMAP_THRESHOLD_": str(_MMAP_THRESHOLD),
    "MALLOC_TRIM_THRESHOLD_": str(_TRIM_THRESHOLD),
}
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def settle_in() -> None:
    """Set up this process, before numpy is imported, and those it will start; the user's own settings win."""
    own = any(name.startswith("MALLOC_") for name in os.environ)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if own:
        return
    with contextlib.suppress(AttributeError, OSError):  # a libc other than glibc
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD)
