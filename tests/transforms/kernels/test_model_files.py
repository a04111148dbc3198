"""Models of fastText's, of every make, are told from cut ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

import fasttext
import pytest

from transforms.kernels.model_files import is_cut


@pytest.mark.parametrize("settings", [None, {}, {"qout": True}, {"qnorm": True}, {"cutoff": 300}])
def test_a_whole_model_is_told_from_a_cut_one(tmp_path: Path, settings: dict[str, object] | None) -> None:
    words = Random(0).choices([f"w{number}" for number in range(300)], k=3000)
    lines = [f"__label__{at % 300} {' '.join(words[at : at + 9])}\n" for at in range(2000)]
    (tmp_path / "in.txt").write_text("".join(lines), "utf-8")
    source = str(tmp_path / "in.txt")
    model = fasttext.train_supervised(source, dim=8, epoch=1, minn=2, maxn=3, bucket=500, thread=1, verbose=0)
    if settings is not None:
        model.quantize(input=source, retrain="cutoff" in settings, thread=1, verbose=0, **settings)
    model.save_model(str(tmp_path / "model"))
    data = (tmp_path / "model").read_bytes()
    assert not is_cut(data)
    for size in (4, 60, 200, len(data) // 2, len(data) - 1):
        assert is_cut(data[:size])
    assert is_cut(data + b"\0")
