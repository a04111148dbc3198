"""What tests share: a small release made for real, and the real data where it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.run import Request, run
from schemas.recipe import Recipe, built_in, override

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"

Curate = Callable[..., Path]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data; the test is skipped where there is none."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"needs the real data at {REAL_DATA}")
    return REAL_DATA


def recipe_for(pattern: str | list[str], **changes: object) -> Recipe:
    """The default recipe on some files, without language identification unless asked for."""
    source = {"name": "input", "input": pattern}
    plain = {"sources": [source], "language.enabled": False}
    return override(
        built_in("default"), plain | {key.replace("__", "."): value for key, value in changes.items()}
    )


@pytest.fixture
def curate(tmp_path: Path) -> Curate:
    """Run the whole pipeline on some files in one process; give the release's folder."""

    def curated(pattern: str | list[str], *, root: Path | None = None, **request: object) -> Path:
        recipe = request.pop("recipe", None) or recipe_for(pattern)
        given = {"output": str(root or tmp_path / "output"), "quiet": True} | request
        _, places = run(Request(recipe=recipe, **given))
        return Path(places.release_folder)

    return curated


def write_rows(path: Path, rows: list[dict[str, object]], **options: object) -> Path:
    """Write rows to a Parquet file, the columns being those of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path
