"""Files of JSON Lines, read through in spans: what is found does not depend on the spans."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.planning import surveys
from pipelines.planning.surveys import survey_all
from tests.rows import ask_all
from tests.stores import BUCKET, S3
from transforms.steps import lines
from transforms.steps.lines import Content

_LINE = st.sampled_from(
    [b'{"a": 1}', b'{"a": "x", "b": [{}]}\r', b"", b" ", b"{", b'{"c": "' + b"y" * 40 + b'"}']
)


def surveyed(path: Path) -> Content:
    (found,) = survey_all([(str(path), path.stat().st_size)], 20)
    assert isinstance(found, Content)
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(_LINE).map(b"\n".join), bom=st.booleans(), step=st.integers(1, 50))
def test_spans_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, step: int, *, bom: bool
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * bom + data)
    monkeypatch.setattr(lines, "_SPAN_BYTES", 1 << 20)
    whole = surveyed(path)
    monkeypatch.setattr(lines, "_SPAN_BYTES", step)
    parts = surveyed(path)
    assert (parts.rows, parts.shape) == (whole.rows, whole.shape)
    assert [stop for _, stop, _ in parts.pieces[:-1]] == [start for start, _, _ in parts.pieces[1:]]
    if whole.pieces:
        assert (parts.pieces[0][0], parts.pieces[-1][1]) == (whole.pieces[0][0], whole.pieces[-1][1])


def test_processes_find_what_threads_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", tmp_path / "c.jsonl.gz"]
    data = "".join(f"{json.dumps(row)}\n" for row in ask_all(200)).encode()
    for path, content in zip(paths, (data, gzip.compress(data), b"no gzip"), strict=True):
        path.write_bytes(content)
    files = [(str(path), path.stat().st_size) for path in paths]
    *there, lost = survey_all(files, 5000)
    monkeypatch.setattr(surveys, "_MUCH", 1)
    *again, lost_again = survey_all(files, 5000)
    assert again == there
    assert str(lost_again) == str(lost)
    assert "incorrect header check" in str(lost)


@pytest.mark.parametrize(("name", "most"), [("a.jsonl", 6), ("a.jsonl.gz", 2)])
def test_a_store_is_asked_for_some_megabytes_at_a_time(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(lines, "_SPAN_BYTES", 10 << 20)
    draw = random.Random(1)
    data = b"".join(b'{"a": "%s"}\n' % draw.randbytes(5000).hex().encode() for _ in range(1200))
    path = tmp_path / name
    path.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
    s3.client.upload_file(str(path), BUCKET, name)
    s3.asked.clear()
    (found,) = survey_all([(f"s3://{BUCKET}/{name}", path.stat().st_size)], 1 << 20)
    assert found == survey_all([(str(path), path.stat().st_size)], 1 << 20)[0]
    assert s3.asked["GET"] <= most
