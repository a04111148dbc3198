"""Every schema: what is detected, what is read, and that canonical examples give the input back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import CANONICAL, TURNS
from transforms.kernels.adapters import BY_NAME, detect
from transforms.kernels.adapters.adapter import canonical
from transforms.kernels.adapters.chat import Chat
from transforms.kernels.rows import record_ids

_TEXT = (
    st.none()
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.sampled_from(['[{"type":"text","text":"x"}]', '[{"type":"text","n":1.0}]', '[{"type":1}]', "[]"])
)
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


def test_flat_rows_are_turns_where_they_have_a_system_prompt() -> None:
    """Whatever other rows and files of the source have."""
    rows = [{"instruction": "Why?", "output": " ", "system": told} for told in (None, "Be kind.", "")]
    batch = pa.RecordBatch.from_pylist(rows)
    adapter = detect(batch.schema)
    assert adapter is not None
    found = adapter.spoken(batch)
    assert found is not None
    assert found.offsets.tolist() == [0, 0, 3, 3]
    assert found.role.to_pylist() == ["system", "user", "assistant"]
    assert found.content.to_pylist() == ["Be kind.", "Why?", " "]
    without = adapter.spoken(batch.select(["instruction", "output"]))
    assert without is not None
    assert without.offsets.tolist() == [0, 0, 0, 0]


def test_columns_that_are_named_say_which_schema_is_meant() -> None:
    turns = pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))
    schema = pa.schema({"instruction": pa.string(), "output": pa.string(), "messages": turns, "talk": turns})
    found = [
        detect(schema, named)
        for named in ({}, {"turns": "talk"}, {"instruction": "instruction"}, {"turns": "output"})
    ]
    assert [one and (one.name, one.columns) for one in found] == [
        ("alpaca", {"instruction": "instruction", "output": "output"}),
        ("messages", {"turns": "talk"}),
        ("alpaca", {"instruction": "instruction", "output": "output"}),
        None,
    ]
    assert BY_NAME["messages"].bind(schema, {}) == BY_NAME["messages"].reading({"turns": "messages"})


def test_what_is_no_utf8_anywhere_in_a_turn_is_replaced() -> None:
    broken = pa.array([b'[{"\xff']).cast(pa.large_binary())
    text = pa.Array.from_buffers(pa.large_string(), 1, broken.buffers())
    call = pa.StructArray.from_arrays([text], ["name"])
    calls = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), call)
    turn = pa.StructArray.from_arrays([text, text, calls], ["role", "content", "tool_calls"])
    batch = pa.record_batch({"messages": pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), turn)})
    adapter = detect(batch.schema)
    assert isinstance(adapter, Chat)
    assert adapter.texts(batch).output.to_pylist() == [""]
    (said,) = adapter.spoken(batch).content.to_pylist()
    assert said == '[{"\ufffd\n{"tool_calls":[{"name":"[{\\"\ufffd"}]}'
    whole = canonical(adapter, batch)["turns"].flatten()
    assert whole.field("rest").to_pylist() == [said.split("\n")[1]]
    assert whole.field("content").to_pylist() == whole.field("speaker").to_pylist() == ['[{"\ufffd']


def test_what_is_no_utf8_in_a_flat_row_is_replaced_in_its_turns() -> None:
    raw = pa.array([b"a\xff", None, b"b"])
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers(), raw.null_count)
    batch = pa.record_batch({"instruction": text, "output": ["x", "y", None]})
    adapter = detect(batch.schema)
    assert adapter is not None
    turns = canonical(adapter, batch)["turns"].to_pylist()
    assert [[turn["content"] for turn in row] for row in turns] == [
        ["a\ufffd", "x"],
        [None, "y"],
        ["b", None],
    ]


def test_parts_among_texts_are_read_as_their_texts() -> None:
    parts = '[{"type":"text","text":"a"},{"type":"image","url":"u"},{"type":"text","text":"b"}]'
    others = ['[{"type": "text"}]', "[{", '[{"text":"a"}]', None]
    turns = [{"role": "user", "content": content} for content in [parts, *others]]
    batch = pa.RecordBatch.from_pylist([{"messages": turns}])
    adapter = detect(batch.schema)
    assert adapter is not None
    assert [turn["content"] for turn in adapter.turns(batch)[0].as_py()] == ["a\nb", *others]
    assert adapter.texts(batch).instruction.to_pylist() == ["a\nb"]
    back = adapter.rows(canonical(adapter, batch), batch.schema)
    assert back.to_pylist() == batch.to_pylist()


def test_a_type_that_json_cannot_hold_is_no_chat() -> None:
    turn = pa.struct({"role": pa.string(), "content": pa.string(), "image": pa.binary()})
    assert detect(pa.schema({"messages": pa.list_(turn)})) is None
