"""Where the language model comes from: a path, the variable, the cache, a download, or a sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from transforms.steps import language_model
from transforms.steps.language_model import VARIABLE, ModelError, cached_model, find_model, model_digest


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start without a model in any of the places, and without a network."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(language_model, "ADDRESS", (tmp_path / "absent").as_uri())
    find_model.cache_clear()
    yield
    find_model.cache_clear()


def write(path: Path, content: bytes = b"model") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(write(tmp_path / "named")))
    write(cached_model())
    assert find_model(str(write(tmp_path / "given"))) == str(tmp_path / "given")


def test_variable_comes_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(write(tmp_path / "named")))
    write(cached_model())
    assert find_model() == str(tmp_path / "named")


def test_cache_comes_before_a_download(tmp_path: Path) -> None:
    write(cached_model())
    assert cached_model().is_relative_to(tmp_path)
    assert find_model() == str(cached_model())


def test_download_is_checked_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "ADDRESS", write(tmp_path / "remote").as_uri())
    monkeypatch.setattr(language_model, "SHA256", hashlib.sha256(b"model").hexdigest())
    assert find_model() == str(cached_model())
    assert cached_model().read_bytes() == b"model"
    assert [path.name for path in cached_model().parent.iterdir()] == [language_model.FILE]


def test_wrong_download_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "ADDRESS", write(tmp_path / "remote", b"another").as_uri())
    with pytest.raises(ModelError):
        find_model()
    assert not cached_model().exists()


def test_download_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "ADDRESS", write(tmp_path / "remote").as_uri())
    monkeypatch.setattr(language_model, "SHA256", hashlib.sha256(b"model").hexdigest())
    write(tmp_path / "cache")
    with pytest.raises(ModelError, match=rf"cannot be kept there: Not a directory; name one in {VARIABLE}"):
        find_model()


def test_none_at_all_names_the_four_places() -> None:
    with pytest.raises(ModelError) as caught:
        find_model()
    for place in ("language.model", VARIABLE, str(cached_model()), language_model.ADDRESS):
        assert place in str(caught.value)


@pytest.mark.parametrize("by", ["language.model", VARIABLE])
def test_named_model_that_is_not_there_is_an_error(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cached_model())
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ModelError, match=rf"none: no language model there, though {by} names it"):
        find_model(str(tmp_path / "none") if by == "language.model" else None)


def test_digest_is_of_the_bytes(tmp_path: Path) -> None:
    assert model_digest(str(write(tmp_path / "m"))) == hashlib.sha256(b"model").hexdigest()
