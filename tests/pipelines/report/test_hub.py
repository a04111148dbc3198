"""The dataset card as the Hub's own libraries read it."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard, DatasetCardData

from tests.releases import Sampled


@pytest.fixture
def folder(sampled: Sampled) -> Path:
    """Folder of the sample's release."""
    return sampled.release.folder


def test_front_matter_is_that_of_a_dataset_card(folder: Path) -> None:
    card = DatasetCard((folder / "README.md").read_text("utf-8"))
    assert isinstance(card.data, DatasetCardData)
    known = card.data.to_dict()
    assert known["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "curated/*.parquet"}]}
    ]
    assert known["size_categories"] == ["1K<n<10K"]
    assert known["task_categories"] == ["text-generation"]
    assert "en" in known["language"]


def test_the_datasets_library_loads_the_release_by_its_card(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pytest"])
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(folder), "default", cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    card = (folder / "README.md").read_text("utf-8")
    assert f"{loaded['train'].num_rows:,} examples" in card


def test_the_picture_is_there(folder: Path) -> None:
    assert "](report/funnel.png)" in (folder / "README.md").read_text("utf-8")
    content = (folder / "report" / "funnel.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 1000
    assert height > 200
