"""Rows of a release as rows of an export."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import UsageError
from pipelines.export.request import Style, open_template
from pipelines.models import counter_of
from transforms.kernels import token_counts
from transforms.kernels.fitting import Fitted, fit
from transforms.kernels.rendered import SPANS, Rendered
from transforms.kernels.shapes import (
    CONVERSATIONS,
    MESSAGES,
    conversations,
    has_rest,
    hides_rest,
    messages,
)
from transforms.kernels.templates import render
from transforms.kernels.token_counts import FileTokenizer
from transforms.kernels.user_template import BadTemplateError, UserTemplate

ID, TOOLS = "record_id", "tools"
_SHAPES = {"messages": MESSAGES, "sharegpt": CONVERSATIONS}


class Examples(NamedTuple):
    """Some rows of a release: record ids, turns, tools, and which of them are held out."""

    ids: pa.StringArray
    turns: pa.ListArray
    tools: pa.StringArray
    held_out: np.ndarray


@dataclass
class Tally:
    """What became of rows: how many were read, and why some are not written; a monoid."""

    read: int = 0
    too_long: int = 0
    truncated: int = 0
    nothing_left: int = 0
    unwritten: int = 0

    def add(self, other: Tally) -> None:
        """Count what another counts, too."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


@dataclass
class Sizes:
    """Rows of one split by their tokens, and their characters."""

    tokens: Counter[int] = field(default_factory=Counter)
    characters: int = 0

    def add(self, other: Sizes) -> None:
        """Count what another counts, too."""
        self.tokens.update(other.tokens)
        self.characters += other.characters


class Made(NamedTuple):
    """Rows of an export, their turns, which of them are held out, and what became of all that were read."""

    table: pa.Table
    turns: pa.ListArray
    held_out: np.ndarray
    characters: np.ndarray
    tally: Tally


@dataclass(frozen=True)
class Renderer:
    """Renders rows in a style; `tools` says whether any source has them."""

    style: Style
    template: UserTemplate | None
    counter: token_counts.Counter
    tools: bool

    def schema(self) -> pa.Schema:
        """Columns of what is written."""
        name = self.style.template
        text = [(column, pa.large_string()) for column in ("prompt", "completion")]
        shapes = {
            "messages": [("messages", MESSAGES)],
            "sharegpt": [("conversations", CONVERSATIONS)],
            "prompt-completion": text,
        }
        columns = shapes.get(name) or [*text, ("full_text", pa.large_string()), ("loss_spans", SPANS)]
        if self.style.makes_text and isinstance(self.counter, FileTokenizer):
            columns.append(("loss_token_spans", SPANS))
        if self.tools and name in {"messages", "sharegpt"}:
            columns.append((TOOLS, pa.string()))
        return pa.schema([(ID, pa.string()), *columns, ("tokens", pa.int64())])

    def make(self, examples: Examples) -> Made:
        """Rows of the export out of some of a release."""
        rendered = self._render(examples)
        fitted = fit(rendered, self.counter, self.style.max_tokens, self.style.too_long)
        mask = pa.array(fitted.kept)
        turns, tools = examples.turns.filter(mask), examples.tools.filter(mask)
        tally = Tally(
            read=len(examples.ids),
            too_long=fitted.too_long,
            truncated=fitted.truncated,
            nothing_left=fitted.nothing_left,
            unwritten=int(self._lacking(turns, tools).sum()),
        )
        columns = {
            ID: examples.ids.filter(mask),
            **self._columns(turns, fitted),
            TOOLS: tools,
            "tokens": pa.array(fitted.tokens),
        }
        schema = self.schema()
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        characters = pc.utf8_length(fitted.rendered.text).to_numpy()
        return Made(table, turns, examples.held_out[fitted.kept], characters, tally)

    def _lacking(self, turns: pa.ListArray, tools: pa.StringArray) -> np.ndarray:
        """Mark the rows with tools, or with more to a turn than text, that the files do not have."""
        if self.template is not None:
            return np.zeros(len(turns), bool)
        shape = _SHAPES.get(self.style.template)
        if shape is None:
            return has_rest(turns) | tools.is_valid().to_numpy(zero_copy_only=False)
        if self.style.format == "jsonl":
            return hides_rest(turns, shape.value_type.names)
        return has_rest(turns)

    def _render(self, examples: Examples) -> Rendered:
        if self.template is None:
            return render(examples.turns, self.style.template, self.style.eos)
        try:
            return self.template.render(examples.turns, examples.tools.to_pylist(), self.style.eos)
        except BadTemplateError as error:
            whose = "" if error.row is None else f" (record {examples.ids[error.row]})"
            raise UsageError(f"{error}{whose}") from None

    def _columns(self, turns: pa.ListArray, fitted: Fitted) -> dict[str, pa.Array]:
        """What is written of some rows, but for what goes with any template."""
        if self.style.template == "messages":
            return {"messages": messages(turns)}
        if self.style.template == "sharegpt":
            return {"conversations": conversations(turns)}
        rendered = fitted.rendered
        prompt, completion = rendered.prompts_and_completions()
        columns = {"prompt": prompt, "completion": completion}
        if self.style.makes_text:
            columns |= {"full_text": rendered.text, "loss_spans": rendered.spans}
            columns |= {"loss_token_spans": self.counter.spans(rendered)}
        return columns


@cache
def renderer_of(style: Style, *, tools: bool) -> Renderer:
    """The renderer of a style, made once in a process."""
    return Renderer(style, open_template(style), counter_of(style.tokenizer), tools)
