"""Edits and disguises: how far they take a row from where it was."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sample.disguises import DISGUISES, Disguise, disguise
from pipelines.sample.edits import EDITS, Edit, drop_head, drop_tail, reword
from pipelines.sample.likeness import is_alike, similarity
from pipelines.sample.rows import Row
from transforms.kernels.text import normalise_text

ROW = Row(
    id="row-1",
    instruction="Describe the old harbour at night.",
    input=None,
    output=" ".join(f"Sentence {n} shows another important detail of a large harbour." for n in range(12)),
    language="en",
    collection="pets",
    difficulty=1,
    tags=(),
)
LETTERS = st.text(
    "abcXYZ fil019?.,-\n\u00e4\u00f6\u00df\u00e9\u00f1\u0439\u0451\u3067\u30a2\u8a9e\u3002\uff1f\u0641"
)


@pytest.mark.parametrize("edit", EDITS)
def test_edits_change_a_row_a_little(edit: Edit) -> None:
    edited = edit(ROW, Random(1))
    assert edited != ROW
    assert similarity(edited, ROW) > 0.5


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("low", "high"), [(0.6, 0.78), (0.82, 0.97)])
def test_rewording_stays_in_its_band(seed: int, low: float, high: float) -> None:
    edited = reword(ROW, low, high, Random(seed))
    assert edited is not None
    assert low <= similarity(edited, ROW) <= high


def test_a_short_output_cannot_be_nearly_the_same() -> None:
    short = replace(ROW, instruction="Go.", output="No.")
    assert reword(short, 0.82, 0.97, Random(1)) is None


def test_cuts_take_a_share_from_either_end() -> None:
    head, tail = drop_head(ROW, 0.25).output or "", drop_tail(ROW, 0.25).output or ""
    assert (ROW.output or "").endswith(head)
    assert (ROW.output or "").startswith(tail)
    assert similarity(drop_tail(ROW, 0.25), ROW) == pytest.approx(0.75, abs=0.02)


@given(LETTERS, st.sampled_from(DISGUISES))
def test_disguises_vanish_in_normalisation(text: str, change: Disguise) -> None:
    assert normalise_text(change(text)) == normalise_text(text)


def test_disguised_row_looks_different() -> None:
    other = disguise(ROW, Random(1))
    assert other is not None
    assert (other.instruction, other.output) != (ROW.instruction, ROW.output)


@given(LETTERS, LETTERS, st.floats(0.01, 1))
def test_likeness_is_similarity_above_a_threshold(one: str, two: str, threshold: float) -> None:
    other = replace(ROW, instruction=one, output=two)
    assert is_alike(ROW, other, threshold) == (similarity(ROW, other) >= threshold)
