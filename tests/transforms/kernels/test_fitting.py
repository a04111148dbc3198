"""Texts that fit: dropped or cut where they are too long, with masks that fit them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenizers import byte_level, examples
from transforms.kernels.fitting import fit
from transforms.kernels.templates import TEXTS, render
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters

templates = st.sampled_from(list(TEXTS))
COUNTERS: dict[str, Counter] = {"proxy": FourCharacters(), "bytes": FileTokenizer(byte_level(), "t.json")}


@pytest.mark.parametrize("name", COUNTERS)
@given(examples=examples, template=templates, most=st.integers(0, 80))
def test_too_long_texts_are_dropped_and_counted(
    name: str, examples: pa.Array, template: str, most: int
) -> None:
    rendered, counter = render(examples, template), COUNTERS[name]
    fitted = fit(rendered, counter, most, "drop")
    whole = counter.count(rendered.text)
    assert fitted.kept.tolist() == (whole <= most).tolist()
    assert fitted.rendered.text.equals(rendered.text.filter(pa.array(fitted.kept)))
    assert fitted.tokens.tolist() == whole[fitted.kept].tolist()
    assert (fitted.too_long, fitted.truncated, fitted.nothing_left) == ((whole > most).sum(), 0, 0)


@pytest.mark.parametrize("name", COUNTERS)
@given(examples=examples, template=templates, most=st.integers(0, 80))
def test_truncated_texts_fit_and_so_do_their_masks(
    name: str, examples: pa.Array, template: str, most: int
) -> None:
    rendered, counter = render(examples, template), COUNTERS[name]
    fitted = fit(rendered, counter, most, "truncate")
    long = counter.count(rendered.text) > most
    assert (fitted.tokens <= most).all()
    assert fitted.tokens.tolist() == counter.count(fitted.rendered.text).tolist()
    assert fitted.truncated + fitted.nothing_left == long.sum()
    assert (long | fitted.kept).all()
    before = np.flatnonzero(fitted.kept)
    prompts, completions = fitted.rendered.prompts_and_completions()
    for at, row in enumerate(before.tolist()):
        text, whole = fitted.rendered.text[at].as_py(), rendered.text[row].as_py()
        assert whole.startswith(text)
        assert text.startswith(prompts[at].as_py() + completions[at].as_py())
        spans = fitted.rendered.spans[at].as_py()
        left = [span for span in rendered.spans[row].as_py() if span["start"] < len(text)]
        assert spans == [span | {"end": min(span["end"], len(text))} for span in left]
        assert spans or not long[row]


@given(examples=examples, template=templates)
def test_without_a_limit_all_fit(examples: pa.Array, template: str) -> None:
    rendered = render(examples, template)
    fitted = fit(rendered, FourCharacters(), None, "drop")
    assert fitted.kept.all()
    assert pc.all(pc.equal(fitted.rendered.text, rendered.text)).as_py() in {True, None}
