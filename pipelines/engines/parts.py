"""What engines need beside Tamis, where `deploy/parts/fetch.py` has put it in the user's cache."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def cached_part(name: str) -> Path | None:
    """Path of a part's newest version in the cache; None where there is none, and Beam fetches its own."""
    found = sorted((user_cache_path("tamis") / "engines").glob(f"{name}-[0-9]*"))
    return found[-1] if found else None
