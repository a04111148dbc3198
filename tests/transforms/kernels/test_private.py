"""Private data: each kind's examples both ways, and what masking leaves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from tests.strategies import texts
from transforms.kernels.phrases import load_phrases
from transforms.kernels.private import find_private, mask_rows, mask_text
from transforms.kernels.quality_marks import signals

KINDS = load_phrases("private")["kinds"]
FINDS = [(name, text) for name, kind in KINDS.items() for text in kind["finds"]]
LEAVES = [(name, text) for name, kind in KINDS.items() for text in kind["leaves"]]
pieces = st.sampled_from([text for _, text in [*FINDS, *LEAVES]]) | texts
HINT = next(signal.hint for signal in signals() if signal.reason is Reason.PRIVATE_DATA)


def may_hold(text: str) -> bool:
    """Whether a row's text is looked at for private data at all."""
    return bool(pc.match_substring_regex(pa.array([text]), f"(?i){HINT}")[0].as_py())


written = st.lists(pieces, max_size=5).map(" ; ".join)


@pytest.mark.parametrize(("kind", "text"), FINDS)
def test_a_kind_is_found_in_its_examples(kind: str, text: str) -> None:
    assert [found.kind for found in find_private(f"It is {text}.")] == [kind]
    assert may_hold(text)


@pytest.mark.parametrize(("kind", "text"), LEAVES)
def test_what_is_nobodys_is_left(kind: str, text: str) -> None:
    assert find_private(f"It is {text}.") == [], kind


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to anna.schmidt@web.de, please.", "Write to [EMAIL], please."),
        ("Call +49 30 9018 2640 or (702) 383-0381.", "Call [PHONE] or [PHONE]."),
        ("The host is 85.214.132.117.", "The host is [IP]."),
        ("Pay to DE75 5121 0800 1245 1261 99 now", "Pay to [IBAN] now"),
        ("My card is 4539-5787-6362-1486!", "My card is [CARD]!"),
        ("Write to anna.schmidt@mail.163.com or anna@m\u00fcller.de.", "Write to [EMAIL] or [EMAIL]."),
        (
            "\u5bc6\u94a5ghp_a8Kd02mXq7Lw93ZtR5vBn1YcJ4eHf6Ug2QsT\u3002\u7535\u8bdd+49 30 9018 2640\u3002",
            "\u5bc6\u94a5[KEY]\u3002\u7535\u8bdd[PHONE]\u3002",
        ),
        ("\u8d26\u53f7DE75 5121 0800 1245 1261 99\u3002", "\u8d26\u53f7[IBAN]\u3002"),
        ("12500+21000-6300=27200 and 80 370 860 1550", "12500+21000-6300=27200 and 80 370 860 1550"),
    ],
)
def test_a_label_stands_for_what_was_there(text: str, masked: str) -> None:
    assert mask_text(text) == masked
    assert masked == text or may_hold(text)


HOSTILE = {
    "anna@web.de ": "[EMAIL] ",
    "(702) 383-0381 ": "[PHONE] ",
    "-----BEGIN PRIVATE KEY-----": "[KEY]",
    "-eyJa": "-eyJa",
    "a.": "a.",
}


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_is_not_gone_through_again_for_each_place(piece: str) -> None:
    """Else these take minutes."""
    assert (
        mask_text("anna@" + piece * 200_000 if piece == "a." else piece * 200_000)[-40:]
        == (HOSTILE[piece] * 40)[-40:]
    )


@given(written)
def test_what_is_masked_is_found_no_more(text: str) -> None:
    masked = mask_text(text)
    assert find_private(masked) == []
    assert mask_text(masked) == masked
    if masked != text:
        assert may_hold(text)


@given(st.lists(st.none() | written, min_size=1, max_size=6), st.data())
def test_only_the_chosen_rows_change(column: list[str | None], data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.integers(0, len(column) - 1))))
    found = mask_rows(pa.array(column, pa.string()), np.array(rows, np.int64)).to_pylist()
    wanted = [
        mask_text(text) if row in rows and text is not None else text for row, text in enumerate(column)
    ]
    assert found == wanted


def test_texts_are_masked_however_deep_they_lie() -> None:
    turns = [[{"role": "user", "content": "I am anna@web.de", "n": 1}], None]
    column = pa.array(turns)
    found = mask_rows(column, np.array([0, 1]))
    assert found.type == column.type
    assert found.to_pylist() == [[{"role": "user", "content": "I am [EMAIL]", "n": 1}], None]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"to":"Ann\\nanna@web.de\\n+49 30 9018 2640","n":1}', '{"to":"Ann\\n[EMAIL]\\n[PHONE]","n":1}'),
        ('{"args":"{\\"a\\":\\"b\\\\nanna@web.de\\"}"}', '{"args":"{\\"a\\":\\"b\\\\n[EMAIL]\\"}"}'),
        ('{"anna@web.de":[null]}', '{"[EMAIL]":[null]}'),
        ('{"a": "anna@web.de" }', '{"a": "[EMAIL]" }'),
        ("[" * 100_000 + " anna@web.de", "[" * 100_000 + " [EMAIL]"),
    ],
)
def test_json_that_is_masked_is_json_still(text: str, masked: str) -> None:
    assert mask_rows(pa.array([text]), np.array([0])).to_pylist() == [masked]
