"""What tests share: a small release made for real, and the real data where it is there."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pipelines.sample import write_sample
from tests.releases import Curate, Release, Sampled, make_release, recipe_for
from tests.stores import BUCKET, S3, serve_s3
from transforms.steps.stores.registry import configure

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"
REAL_SHARD = "instruct-mix/part-00000-of-00008.parquet"

settings.register_profile("tamis", deadline=None)  # the first example fills caches, and machines are shared
settings.load_profile("tamis")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # a run freezes what is loaded, and DuckDB complains of what is never freed


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data; the test is skipped where there is none."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"needs the real data at {REAL_DATA}")
    return REAL_DATA


@pytest.fixture
def curate(tmp_path: Path) -> Curate:
    """Run the whole pipeline on some files in one process; give the release."""

    def curated(pattern: str | list[str], *, root: Path | None = None, **request: Any) -> Release:
        recipe = request.pop("recipe", None) or recipe_for(pattern)
        return make_release(root or tmp_path / "output", recipe, **request)

    return curated


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Sampled:
    """The sample, and a release of it by the default recipe, languages and all."""
    folder = tmp_path_factory.mktemp("sampled")
    plants = write_sample(folder / "input")
    recipe = recipe_for(f"{folder}/input/*.parquet", language__enabled=True)
    return Sampled(folder / "input", plants, make_release(folder / "output", recipe))


@pytest.fixture(scope="session")
def real_release(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of one shard of real data."""
    return make_release(tmp_path_factory.mktemp("real") / "output", recipe_for(str(real_data / REAL_SHARD)))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """A server that speaks S3."""
    with serve_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3) -> Iterator[S3]:
    """The server with an empty bucket, which this process is led to."""
    for key in s3_server.objects():
        s3_server.client.delete_object(Bucket=BUCKET, Key=key)
    s3_server.asked.clear()
    s3_server.before.clear()
    s3_server.sent.clear()
    configure(s3_server.flags)
    yield s3_server
    s3_server.before.clear()
    s3_server.sent.clear()
    configure([])
