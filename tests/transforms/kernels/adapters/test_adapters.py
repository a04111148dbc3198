"""Every schema: what is detected, what is read, and that canonical examples give the input back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import CANONICAL, TURNS
from transforms.kernels.adapters import BY_NAME, detect
from transforms.kernels.adapters.adapter import canonical
from transforms.kernels.rows import record_ids

_TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=5)
_WORDS = st.none() | st.sampled_from(
    ["user", "human", "gpt", "assistant", "system", "observation", "narrator"]
)
_ROWS = 6


def _columns(
    kinds: dict[str, tuple[pa.DataType, st.SearchStrategy[object]]],
) -> st.SearchStrategy[pa.RecordBatch]:
    schema = pa.schema({name: kind for name, (kind, _) in kinds.items()})
    row = st.fixed_dictionaries({name: values for name, (_, values) in kinds.items()})
    return st.lists(row, max_size=_ROWS).map(lambda rows: pa.RecordBatch.from_pylist(rows, schema=schema))


def _texts(*names: str) -> dict[str, tuple[pa.DataType, st.SearchStrategy[object]]]:
    return {name: (pa.string(), _TEXT) for name in names}


def _turns(
    speaker: str, said: str, kinds: dict[str, pa.DataType], **values: st.SearchStrategy[object]
) -> tuple[pa.DataType, st.SearchStrategy[object]]:
    turn = st.none() | st.fixed_dictionaries({speaker: _WORDS, said: _TEXT} | values)
    return pa.list_(pa.struct(kinds)), st.none() | st.lists(turn, max_size=4)


_CALLS = pa.list_(pa.struct({"id": pa.string(), "n": pa.float64(), "on": pa.bool_()}))
_CALL = st.none() | st.lists(
    st.none()
    | st.fixed_dictionaries({"id": _TEXT, "n": st.none() | st.floats(allow_nan=False), "on": st.booleans()}),
    max_size=2,
)
_PARTS = pa.list_(
    pa.struct({"type": pa.string(), "text": pa.string(), "image_url": pa.struct({"url": pa.string()})})
)
_PART = st.fixed_dictionaries(
    {"type": st.just("text"), "text": _TEXT, "image_url": st.none() | st.fixed_dictionaries({"url": _TEXT})}
)
_PLAIN = {"role": pa.string(), "content": pa.string()}
_SHAREGPT = {"from": pa.string(), "value": pa.string()}

INPUTS = {
    "alpaca": _columns(_texts("instruction", "input", "output", "system")),
    "alpaca, response": _columns(_texts("instruction", "response")),
    "prompt_completion": _columns(_texts("prompt", "completion")),
    "question_answer": _columns(_texts("question", "context", "answer", "system_prompt")),
    "messages": _columns({"messages": _turns("role", "content", _PLAIN)}),
    "messages, calls": _columns(
        {"messages": _turns("role", "content", _PLAIN | {"tool_calls": _CALLS}, tool_calls=_CALL)}
        | {"tools": (_CALLS, _CALL)}
    ),
    "messages, parts": _columns(
        {
            "messages": _turns(
                "role",
                "content",
                {"role": pa.string(), "content": _PARTS},
                content=st.none() | st.lists(_PART, max_size=3),
            )
        }
        | _texts("system")
    ),
    "sharegpt": _columns({"conversations": _turns("from", "value", _SHAREGPT)} | _texts("system", "tools")),
}


@pytest.mark.parametrize("schema", INPUTS)
@given(data=st.data())
def test_canonical_examples_give_the_input_back(schema: str, data: st.DataObject) -> None:
    batch = data.draw(INPUTS[schema])
    adapter = detect(batch.schema)
    assert adapter is not None
    assert adapter.name == schema.split(",", maxsplit=1)[0]
    examples = canonical(adapter, batch)
    examples.validate(full=True)
    assert examples.schema == CANONICAL
    back = adapter.rows(examples, batch.schema)
    assert back.select(batch.schema.names).to_pylist() == batch.to_pylist()


@pytest.mark.parametrize("schema", INPUTS)
@given(data=st.data())
def test_slices_read_as_the_whole_does(schema: str, data: st.DataObject) -> None:
    batch = data.draw(INPUTS[schema])
    adapter = detect(batch.schema)
    assert adapter is not None
    at = data.draw(st.integers(0, len(batch)))
    for read in (
        adapter.turns,
        adapter.record_ids,
        lambda rows: pa.RecordBatch.from_arrays(list(adapter.texts(rows)), ["a", "b", "c"]),
    ):
        whole = read(batch).to_pylist()
        assert read(batch[:at]).to_pylist() + read(batch[at:]).to_pylist() == whole


def test_one_question_and_answer_has_one_id_in_every_schema() -> None:
    text, answer = "Why?", "So."
    asked = {
        "alpaca": {"instruction": text, "output": answer},
        "prompt_completion": {"prompt": text, "completion": answer},
        "question_answer": {"question": text, "answer": answer},
        "messages": {
            "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
        },
        "sharegpt": {"conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": answer}]},
    }
    assert asked.keys() == BY_NAME.keys()
    ids = set()
    for name, row in asked.items():
        batch = pa.RecordBatch.from_pylist([row])
        adapter = detect(batch.schema)
        assert adapter is not None
        assert adapter.name == name
        assert [one.to_pylist() for one in adapter.texts(batch)] == [[text], [""], [answer]]
        ids |= set(adapter.record_ids(batch).to_pylist())
    assert ids == set(record_ids({"instruction": pa.array([text]), "output": pa.array([answer])}).to_pylist())


def test_turns_of_a_conversation_are_told_apart() -> None:
    turns = [
        ("system", "s"),
        ("human", "a"),
        ("function_call", "f"),
        ("observation", "o"),
        ("gpt", "b"),
        ("human", "c"),
    ]
    rows = [{"conversations": [{"from": who, "value": what} for who, what in turns]}, {"conversations": None}]
    batch = pa.RecordBatch.from_pylist(rows)
    adapter = detect(batch.schema)
    assert adapter is not None
    assert [one.to_pylist() for one in adapter.texts(batch)] == [["a", ""], ["c", ""], ["f\nb", ""]]
    assert [one.to_pylist() for one in adapter.texts(batch, "all")] == [["a\nc", ""], ["", ""], ["f\nb", ""]]
    found = adapter.turns(batch)
    assert found.type == TURNS
    roles = ["system", "user", "assistant", "tool", "assistant", "user"]
    assert [turn["role"] for turn in found[0].as_py()] == roles


def test_a_type_that_json_cannot_hold_is_no_chat() -> None:
    turn = pa.struct({"role": pa.string(), "content": pa.string(), "image": pa.binary()})
    assert detect(pa.schema({"messages": pa.list_(turn)})) is None
