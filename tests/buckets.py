"""Releases in a bucket, held to what their manifests say."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pipelines.run import Request, run
from schemas.release import Manifest
from tests.releases import recipe_for
from tests.stores import BUCKET, S3

ROOT = f"s3://{BUCKET}/out"
INPUT = f"s3://{BUCKET}/input/*.parquet"


def upload(s3: S3, folder: Path) -> None:
    """Put the files of a folder into the bucket's input."""
    for path in folder.iterdir():
        s3.client.upload_file(str(path), BUCKET, f"input/{path.name}")


def curate(s3: S3, **request: Any) -> tuple[str, str]:
    """Curate what is in the bucket's input; give the release's name and what the outcome adds."""
    asked = {"recipe": recipe_for(INPUT), "output": ROOT, "quiet": True, "beam": s3.flags, **request}
    outcome, places = run(Request(**asked))
    return places.release, outcome.message


def manifests(s3: S3) -> dict[str, Manifest]:
    """Manifests of the bucket's releases by name."""
    keys = [key for key in s3.objects("out/releases/") if key.endswith("/manifest.json")]
    return {key.split("/")[2]: Manifest.model_validate_json(s3.read(key)) for key in keys}


def check_whole(s3: S3) -> list[str]:
    """Names of the releases, each of which is whole: its files are those of its manifest, to the byte."""
    found = manifests(s3)
    for name, manifest in found.items():
        assert manifest.release == name
        folder = f"out/releases/{name}/"
        there = {key.removeprefix(folder) for key in s3.objects(folder)}
        assert there == {"manifest.json", *(file.path for file in manifest.files)}
        for file in manifest.files:
            assert hashlib.sha256(s3.read(folder + file.path)).hexdigest() == file.sha256
    if "out/LATEST" in s3.objects("out/LATEST"):
        assert s3.read("out/LATEST").decode().strip() in found
    return sorted(found)
