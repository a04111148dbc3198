"""A tagger of the user's own: a function on Arrow columns that gives some of the tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from transforms.kernels.difficulty import DIFFICULTIES, grade
from transforms.kernels.own_rules import OwnError, apply_own, call_own
from transforms.kernels.tagger import TAGGERS
from transforms.kernels.tasks import PromptTags, Tasks
from transforms.kernels.texts import Texts


def tag_rows(recipe: Recipe, tags: PromptTags, texts: Texts) -> Tasks:
    """Tags by those of the prompts, and in their place what the user's own tagger gives."""
    difficulty = grade(tags.points, tags.unspaced, texts.output)
    tasks = Tasks(tags.verb, tags.category, tags.noun, difficulty, tags.domain)
    if recipe.own_tagger is None:
        return tasks
    batch = pa.RecordBatch.from_arrays(list(texts), names=list(Texts._fields))
    name = f"tagger {recipe.own_tagger}"
    found = call_own("tagger", recipe.own_tagger, name, batch)
    return tasks._replace(**_checked(name, found, len(batch)))


def _checked(name: str, found: Any, rows: int) -> dict[str, pa.StringArray]:
    """The columns of a tagger's answer, if each is a known tag and has a text or null for each row."""
    known = ", ".join(Tasks._fields)
    if isinstance(found, pa.RecordBatch | pa.Table):
        found = dict(zip(found.schema.names, found.columns, strict=True))
    if not isinstance(found, Mapping) or not found:
        shown = "nothing" if isinstance(found, Mapping) else type(found).__name__
        raise OwnError(f"{name}: expected a table with some of the columns {known}, found {shown}")
    if strange := sorted(set(map(str, found)) - set(Tasks._fields)):
        raise OwnError(f"{name}: expected columns among {known}, found {strange[0]}")
    return {tag: _column(f"{name}: {tag}", column, rows) for tag, column in found.items()}


def _column(name: str, column: Any, rows: int) -> pa.StringArray:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = column.type if isinstance(column, pa.Array) else type(column).__name__
    plain = kind.value_type if isinstance(kind, pa.DictionaryType) else kind
    if plain not in {pa.string(), pa.large_string(), pa.null()}:
        shown = f"an array of {kind}" if isinstance(column, pa.Array) else kind
        raise OwnError(f"{name}: expected an array of texts, found {shown}")
    if len(column) != rows:
        raise OwnError(f"{name}: expected {rows} texts, one a row, found {len(column)}")
    texts = column.cast(pa.string())
    if name.endswith(": difficulty"):
        levels = pc.is_in(texts.drop_null(), value_set=pa.array(DIFFICULTIES))
        if not pc.all(levels, min_count=0).as_py():
            raise OwnError(f"{name}: expected {', '.join(DIFFICULTIES)} or null, found another text")
    return texts


_TRIAL = ("Say hello.", "", "Hello.")


def try_own(recipe: Recipe) -> None:
    """Load every own rule and tagger and try it on two rows and on none, so that a mistake is told first."""
    for rows in (2, 0):
        texts = Texts(*(pa.array([text] * rows, pa.large_string()) for text in _TRIAL))
        apply_own(recipe, texts)
        tag_rows(recipe, TAGGERS[recipe.tagger](texts.instruction, texts.input), texts)
