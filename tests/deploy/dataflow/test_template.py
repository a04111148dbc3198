"""The Flex Template's script: the commands it runs are gcloud's, and its metadata what gcloud takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dataflow import template
from pipelines.errors import UsageError
from pipelines.template import metadata, to_arguments

PLACE = ["--project=my-project-1", "--region=europe-west1", "--bucket=gs://some-bucket/"]
OPTIONS = ["--input", "gs://some-bucket/*.parquet", "--output=gs://some-bucket/out", "--languages=en,de"]
SCRIPT = Path(template.__file__)


def test_metadata_is_that_of_the_options() -> None:
    assert template.METADATA.read_text("utf-8") == template.to_text(), (
        "run: .venv/bin/python deploy/dataflow/template.py metadata"
    )


def test_build() -> None:
    image, spec = template.commands(["build", *PLACE])
    name = "europe-west1-docker.pkg.dev/my-project-1/tamis/tamis:0.1.0"
    assert Path(image[0]).samefile(SCRIPT.parents[1] / "image" / "build")
    assert image[1:] == ["--cloud", name]
    assert spec[:5] == ["gcloud", "dataflow", "flex-template", "build", "gs://some-bucket/tamis-0.1.0.json"]
    assert f"--image={name}" in spec


def test_run() -> None:
    (command,) = template.commands(["run", *PLACE, "--job-name=one", "--max-workers=5", "--", *OPTIONS])
    assert command[:5] == ["gcloud", "dataflow", "flex-template", "run", "one"]
    assert "--template-file-gcs-location=gs://some-bucket/tamis-0.1.0.json" in command
    assert command[-1] == "--max-workers=5"
    (value,) = [part.split("=", 1)[1] for part in command if part.startswith("--parameters=")]
    assert value.startswith("^~^")
    launched = [f"--{pair}" for pair in value.removeprefix("^~^").split("~")]
    assert to_arguments(launched) == [
        *("curate", "--input", "gs://some-bucket/*.parquet"),
        *("--output=gs://some-bucket/out", "--languages=en,de", "--runner=dataflow"),
    ]


def test_parameters_are_parted_by_what_is_in_none_of_them() -> None:
    assert template.join({"input": "gs://b/~x", "languages": "en,de"}) == "^|^input=gs://b/~x|languages=en,de"
    with pytest.raises(UsageError, match="gcloud cannot be handed them"):
        template.join({"input": "gs://b/~|;@@##"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--project=p", "--region=r"], "--bucket is missing"),
        (["run", "--project=p", "--region=r", "--bucket=b"], "--bucket begins with gs://, found b"),
        (["run", *PLACE], "the following arguments are required: --output"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        list(template.commands(arguments))


def test_dry_run_shows_the_commands(capfd: pytest.CaptureFixture[str]) -> None:
    assert template.main(["build", *PLACE, "--dry-run"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0].rpartition("/")[2] for line in lines] == ["build", "gcloud"]
    assert template.main(["run", *PLACE, "--dry-run"]) == 2
    assert capfd.readouterr().err.startswith("template: the following arguments are required: --output")


@pytest.fixture(scope="session")
def gcloud() -> str:
    """Google Cloud's command; the test is skipped where there is none."""
    found = shutil.which("gcloud")
    if found is None:
        pytest.skip("needs gcloud")
    return found


@pytest.mark.parametrize("step", ["build", "run"])
def test_flags_are_those_of_gcloud(gcloud: str, step: str) -> None:
    command = list(template.commands([step, *PLACE, "--", *OPTIONS]))[-1]
    shown = subprocess.run(
        [gcloud, *command[1:4], "--help"], capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"--[a-z-]+", re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown)))
    used = {part.split("=")[0] for part in command if part.startswith("--")}
    assert len(used) >= 4
    assert used <= known


def test_gcloud_takes_the_metadata(gcloud: str) -> None:
    command = list(template.commands(["build", *PLACE]))[-1]
    shown = subprocess.run(
        [gcloud, *command[1:], "--print-only", "--format=json"], capture_output=True, text=True, check=True
    )
    spec = json.loads(json.loads(shown.stdout))
    assert spec["metadata"] == metadata()
    assert spec["sdkInfo"] == {"language": "PYTHON"}


def test_launcher_runs_the_command() -> None:
    """What the image's FLEX_TEMPLATE_PYTHON_PY_FILE does, as far as it needs no bucket."""
    launch = SCRIPT.with_name("launch.py")
    launched = [
        "--input=gs://some-bucket/*.parquet",
        "--output=gs://some-bucket/out",
        "--project=my-project-1",
    ]
    done = subprocess.run([sys.executable, launch, *launched], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "tamis: --runner dataflow needs --region as well\n"
