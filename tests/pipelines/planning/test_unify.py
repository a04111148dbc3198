"""One schema for all files, whatever their order; or the two that clash."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pyarrow as pa
import pytest

from pipelines.errors import UsageError
from pipelines.planning.footers import Footer
from pipelines.planning.unify import unify
from schemas.plan import InputFile


def footer(name: str, **types: pa.DataType) -> Footer:
    file = InputFile(source="input", path=f"{name}.parquet", name=name, bytes=1, rows=1)
    return Footer(file, None, pa.schema(list(types.items())))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_null_columns_take_the_others_type(order: tuple[int, ...]) -> None:
    files = [
        footer("a", x=pa.null(), y=pa.int64()),
        footer("b", x=pa.list_(pa.string()), y=pa.null()),
        footer("c", y=pa.int64()),
    ]
    unified = unify([files[at] for at in order])
    assert {field.name: field.type for field in unified} == {"x": pa.list_(pa.string()), "y": pa.int64()}


@pytest.mark.parametrize(
    "other", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_text_of_any_width_agrees_with_the_first(other: pa.DataType) -> None:
    assert unify([footer("a", x=pa.string()), footer("b", x=other)]).field("x").type == pa.string()
    assert pa.types.is_null(unify([footer("a", x=pa.null())]).field("x").type)
    last = unify([footer("a", x=pa.null()), footer("b", x=other), footer("c", x=pa.string())])
    assert last.field("x").type in {other, pa.large_string()}


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (pa.int64(), pa.string()),
        (pa.list_(pa.int64()), pa.int64()),
        (pa.struct([("a", pa.int8())]), pa.struct([("a", pa.string())])),
        (pa.timestamp("ms"), pa.timestamp("us")),
    ],
)
def test_types_that_clash_are_shown_with_their_files(kind: pa.DataType, other: pa.DataType) -> None:
    with pytest.raises(UsageError) as caught:
        unify([footer("a", x=kind), footer("b", y=pa.int8()), footer("c", x=other)])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("c.parquet clashes with the files before it: ")
    assert lines[1:] == [
        "a.parquet and those after it:",
        f"  x: {kind}",
        "  y: int8",
        "c.parquet:",
        f"  x: {other}",
    ]


def test_lists_of_different_fixed_sizes_are_lists() -> None:
    pair, three = (pa.list_(pa.float32(), size) for size in (2, 3))
    assert unify([footer("a", x=pair), footer("b", x=three)]).field("x").type == pa.list_(pa.float32())
    nested = [footer(name, x=pa.list_(pa.struct({"at": kind}))) for name, kind in (("a", pair), ("b", three))]
    assert str(unify(nested).field("x").type) == "list<item: struct<at: list<item: float>>>"


def test_metadata_and_nullability_are_no_clash() -> None:
    strict = pa.schema([pa.field("x", pa.int8(), nullable=False)], metadata={"made": "by"})
    first = footer("a", x=pa.int8())
    unified = unify([first, first._replace(schema=strict)])
    assert unified.equals(pa.schema([("x", pa.int8())]), check_metadata=True)


def test_whole_numbers_of_any_width_agree() -> None:
    assert unify([footer("a", x=pa.int32()), footer("b", x=pa.int64())]).field("x").type == pa.int64()
    assert unify([footer("a", x=pa.int32()), footer("b", x=pa.float32())]).field("x").type == pa.float64()
    with pytest.raises(UsageError, match="clashes"):
        unify([footer("a", x=pa.int64()), footer("b", x=pa.float64())])


TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
TYPED = pa.struct([("role", pa.string()), ("content", pa.list_(pa.struct([("text", pa.string())])))])


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (pa.int64(), pa.string(), pa.string()),
        (pa.int64(), pa.float64(), pa.string()),
        (pa.list_(TURN), pa.list_(TYPED), pa.list_(TURN)),
        (pa.string(), pa.list_(TURN), pa.string()),
        (pa.bool_(), pa.null(), pa.bool_()),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_columns_of_sources_meet_as_text(
    one: pa.DataType, other: pa.DataType, joined: pa.DataType, *, turned: bool
) -> None:
    first, last = footer("a", x=one), footer("b", x=other)
    last = last._replace(file=replace(last.file, source="web"))
    assert unify([last, first] if turned else [first, last]).field("x").type == joined


def test_sources_whose_columns_no_text_holds_clash() -> None:
    last = footer("b", x=pa.timestamp("us"))
    with pytest.raises(UsageError, match=r"b\.parquet clashes"):
        unify([footer("a", x=pa.string()), last._replace(file=replace(last.file, source="web"))])
