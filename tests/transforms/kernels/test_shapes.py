"""Chats as trainers take them: read back, they are the turns they were made of."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import ASSISTANT, SYSTEM, TOOL, TURNS, USER
from tests.strategies import texts
from tests.tokenizers import turn
from transforms.kernels.adapters import detect
from transforms.kernels.shapes import conversations, has_rest, messages, rests

_RESTS = (
    st.none()
    | st.just("null")
    | st.dictionaries(st.sampled_from(["name", "id"]), texts, min_size=1).map(json.dumps)
)
chats = st.lists(
    st.lists(
        st.builds(turn, st.sampled_from([SYSTEM, USER, ASSISTANT, TOOL]), texts, st.none(), _RESTS),
        max_size=6,
    ),
    max_size=5,
).map(lambda rows: pa.array(rows, TURNS))


def read_back(name: str, column: pa.Array) -> list[list[tuple[str, str]]]:
    """Role and content of the turns that an adapter reads in a column."""
    batch = pa.record_batch({name: column})
    adapter = detect(batch.schema)
    assert adapter is not None
    return said(adapter.turns(batch))


def said(turns: pa.Array) -> list[list[tuple[str, str]]]:
    return [[(one["role"], one["content"]) for one in row] for row in turns.to_pylist()]


@given(turns=chats)
def test_messages_read_back_are_the_turns(turns: pa.Array) -> None:
    assert read_back("messages", messages(turns)) == said(turns)


@given(turns=chats)
def test_conversations_read_back_are_the_turns(turns: pa.Array) -> None:
    assert read_back("conversations", conversations(turns)) == said(turns)


@given(turns=chats)
def test_what_else_turns_have_is_found(turns: pa.Array) -> None:
    expected = [[json.loads(one["rest"] or "null") or {} for one in row] for row in turns.to_pylist()]
    assert list(rests(turns)) == expected
    assert has_rest(turns).tolist() == [any(row) for row in expected]


def test_calls_keep_their_word() -> None:
    batch = pa.RecordBatch.from_pylist(
        [
            {
                "conversations": [
                    {"from": "human", "value": "a"},
                    {"from": "function_call", "value": "{}"},
                    {"from": "observation", "value": "b"},
                    {"from": "narrator", "value": "c"},
                ]
            }
        ]
    )
    adapter = detect(batch.schema)
    assert adapter is not None
    assert conversations(adapter.turns(batch)).to_pylist() == batch["conversations"].to_pylist()


def test_the_input_of_a_flat_row_is_on_a_line_of_its_own() -> None:
    row = pa.array([[turn(USER, "Add.", "1 + 1"), turn(ASSISTANT, "2")], []], TURNS)
    assert messages(row).to_pylist() == [
        [{"role": "user", "content": "Add.\n1 + 1"}, {"role": "assistant", "content": "2"}],
        [],
    ]
