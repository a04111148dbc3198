"""The image: versions are the project's, it copies what is there, and what it runs works, offline after."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.engines.dataflow import IMAGE_VARIABLE
from transforms.steps.language_model import FILE, SHA256, VARIABLE, model_digest

if sys.version_info[:2] != (3, 11):
    pytest.skip("the image has Python 3.11", allow_module_level=True)
tomllib = pytest.importorskip("tomllib")

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "deploy" / "image"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BEAM = next(each.split("==")[1] for each in PROJECT["dependencies"] if each.startswith("apache-beam=="))

OFFLINE = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        place = str(arguments[0] if event == "socket.getaddrinfo" else arguments[1])
        if not any(name in place for name in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "'/")):
            with open(os.environ["TRIED"], "a") as file:
                file.write(f"{event} {place}\\n")
            raise OSError("there is no network here")

sys.addaudithook(refuse)
"""


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile, each with its arguments."""
    text = (IMAGE / "Dockerfile").read_text("utf-8")
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", "", plain).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def copies() -> list[list[str]]:
    """Sources of each copy out of the project."""
    found = [rest.split() for word, rest in instructions() if word == "COPY"]
    return [parts[:-1] for parts in found if not parts[0].startswith("--from")]


def variables() -> dict[str, str]:
    """Variables that the image sets."""
    found = [pair.split("=", 1) for word, rest in instructions() if word == "ENV" for pair in rest.split()]
    return dict(found)


def test_versions_are_those_of_the_project() -> None:
    (base,) = [rest for word, rest in instructions() if word == "FROM"]
    python = re.fullmatch(r"python:(3\.\d+)\.\d+-slim-\w+", base)
    assert python is not None
    assert f"apache-beam=={BEAM}" in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    sources = [rest.split()[0] for word, rest in instructions() if word == "COPY" and "--from" in rest]
    launcher = f"python{python[1].replace('.', '')}-template-launcher-base"
    assert sources[0] == f"--from=apache/beam_python{python[1]}_sdk:{BEAM}"
    assert re.fullmatch(rf"--from=gcr\.io/dataflow-templates-base/{launcher}:\w+", sources[1])
    labels = " ".join(rest for word, rest in instructions() if word == "LABEL")
    assert f'image.version="{PROJECT["version"]}"' in labels
    assert f'image.base.name="docker.io/library/{base}"' in labels


def test_what_is_copied_is_there_and_not_ignored() -> None:
    let_in = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "/*" in let_in
    for source in [source for sources in copies() for source in sources]:
        assert (ROOT / source).exists(), source
        assert f"!/{source.split('/')[0]}" in let_in, source


def test_whole_package_is_copied() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    flat = {source for sources in copies() for source in sources}
    assert set(wheel["targets"]["wheel"]["packages"]) <= flat
    assert {"pyproject.toml", "constraints.txt", PROJECT["readme"], *PROJECT["license-files"]} <= flat


def test_entry_points() -> None:
    assert instructions()[-1] == ("ENTRYPOINT", '["/opt/apache/beam/boot"]')
    (folder,) = [rest for word, rest in instructions() if word == "WORKDIR"]
    assert variables()["FLEX_TEMPLATE_PYTHON_PY_FILE"] == f"{folder}/launch.py"
    assert variables()[VARIABLE] == f"{folder}/{FILE}"
    assert variables()[IMAGE_VARIABLE] == "${IMAGE}"
    assert ["deploy/image/install", "deploy/dataflow/launch.py"] in copies()


def test_extras_are_the_projects() -> None:
    extras = [rest.partition("=")[2] for word, rest in instructions() if word == "ARG" and "EXTRAS" in rest]
    assert set(extras[0].split(",")) <= set(PROJECT["optional-dependencies"])


def test_build_script() -> None:
    script = str(IMAGE / "build")

    def show(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([script, *arguments], capture_output=True, text=True, check=False)

    docker = show("--dry-run", "--extras", "dataflow", "here/tamis:1").stdout.splitlines()
    assert [line.split()[:2] for line in docker] == [["docker", "build"], ["docker", "push"]]
    assert "--file deploy/image/Dockerfile --build-arg IMAGE=here/tamis:1" in docker[0]
    cloud = show("--dry-run", "--cloud", "here/tamis:1").stdout
    assert cloud.startswith("gcloud builds submit --config deploy/image/cloudbuild.yaml")
    assert "_IMAGE=here/tamis:1;_EXTRAS=dataflow" in cloud
    for wrong in ((), ("--dry-run",), ("--push", "here/tamis:1")):
        done = show(*wrong)
        assert (done.returncode, done.stderr[:6]) == (2, "usage:")


@dataclass(frozen=True)
class Installed:
    """An environment as the image's, where nothing is reached but this machine."""

    folder: Path

    @property
    def tried(self) -> Path:
        """Where attempts to reach another machine are noted."""
        return self.folder / "tried"

    def run(self, command: str, *arguments: str) -> str:
        """Run a command of the environment with the image's variables; give what it prints."""
        done = subprocess.run(
            [self.folder / "venv" / "bin" / command, *arguments],
            env={
                "PATH": f"{self.folder}/venv/bin:{os.environ['PATH']}",
                "HOME": str(self.folder / "home"),
                "PYTHONPATH": str(self.folder / "offline"),
                "TRIED": str(self.tried),
                VARIABLE: str(self.folder / FILE),
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What the image's RUN installs, less the extras, which the development environment has."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    command = [IMAGE / "install", ROOT, "", folder / FILE]
    variables = {
        **os.environ,
        "PATH": f"{folder}/venv/bin:{os.environ['PATH']}",
        "CC": "false",  # the image has no compiler
        "PIP_NO_COMPILE": "1",  # which takes long and changes nothing
    }
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "offline").mkdir()
    (folder / "offline" / "sitecustomize.py").write_text(OFFLINE, "utf-8")
    return Installed(folder)


def test_image_runs_what_the_test_runs() -> None:
    (command,) = [rest for word, rest in instructions() if word == "RUN"]
    assert command.startswith(f'./install project "${{EXTRAS}}" "${{{VARIABLE}}}" && ')


def test_model_is_inside(installed: Installed) -> None:
    assert model_digest(str(installed.folder / FILE)) == SHA256


def test_worker_command_is_there(installed: Installed) -> None:
    assert "--provision_endpoint" in installed.run("tamis-worker", "--help")


def test_run_downloads_nothing(installed: Installed) -> None:
    installed.run("tamis", "sample", "data")
    installed.run("tamis", "curate", "--input", "data/*.parquet", "--output", "out", "--workers", "2")
    assert not installed.tried.exists()
    manifest = json.loads((installed.folder / "out" / "latest" / "manifest.json").read_text("utf-8"))
    assert manifest["language_model"] == SHA256
    rows = pq.read_table(installed.folder / "out" / "latest" / "curated")
    assert {"en", "de"} <= set(rows["tamis_language"].to_pylist())


def test_download_would_be_noticed(installed: Installed) -> None:
    script = "import urllib.request as r\ntry: r.urlopen('http://192.0.2.1/')\nexcept OSError as e: print(e)"
    assert "there is no network here" in installed.run("python", "-c", script)
    assert "192.0.2.1" in installed.tried.read_text("utf-8")
    installed.tried.unlink()
