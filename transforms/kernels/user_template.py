"""A user's own template in Jinja, as chat templates are written, in a sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from jinja2 import TemplateError, nodes
from jinja2.meta import find_undeclared_variables

from schemas.example import ASSISTANT, USER
from transforms.kernels.bounds import TooLongError, bounded
from transforms.kernels.rendered import Rendered, span_column
from transforms.kernels.sandbox import MOST, Sandbox, Span, calls_answer, unknown_names

Message = dict[str, Any]


class BadTemplateError(ValueError):
    """A template that cannot be read, or that fails on an example: that of the row `row`."""

    row: int | None = None


_FAILURES = (
    *(TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError),
    *(MemoryError, TooLongError),
)
_GIVEN = (
    "messages",
    "tools",
    "add_generation_prompt",
    "bos_token",
    "eos_token",
    "instruction",
    "input",
    "output",
)


class UserTemplate:
    """Renders examples by a Jinja template, given what `transformers` gives one and the flat fields.

    What is learned is what stands in `{% generation %}` blocks or, where there are none, what each answer
    adds to the text before it.
    """

    def __init__(self, source: str, name: str) -> None:
        self.name = name
        environment = Sandbox()
        given = frozenset(_GIVEN)
        try:
            with bounded():  # what is constant in a template is worked out as it is compiled
                self._template = environment.from_string(source)
                tree = environment.parse(source)
                self.variables = frozenset(find_undeclared_variables(tree))
                unknown = next(unknown_names(tree, given.union(environment.globals)), None)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"{name}, line {line}" if line else name
            raise BadTemplateError(f"{place}: not a Jinja template: {error.message}") from None
        except RecursionError:
            raise BadTemplateError(f"{name}: not a Jinja template: it is nested too deeply") from None
        except (MemoryError, TooLongError) as error:
            raise BadTemplateError(f"{name}: {_say(error)}") from None
        if unknown:
            raise BadTemplateError(f"{name} writes {unknown!r}; there are {', '.join(_GIVEN)}")
        self._tracker = environment.answers
        self._marks = any(calls_answer(call) for call in tree.find_all(nodes.CallBlock))

    def render(self, turns: pa.ListArray, tools: Sequence[str | None], eos: str) -> Rendered:
        """Text of each example, `eos` being what the template writes as `eos_token`."""
        texts, spans, cuts = [], [], []
        for at, (row, given) in enumerate(zip(turns.to_pylist(), tools, strict=True)):
            known = {**_asked(row or []), "tools": _tools(given), "eos_token": eos}
            try:
                text, learned, cut = self._render(messages_of(row or []), known)
            except BadTemplateError as error:
                error.row = at
                raise
            texts.append(text)
            spans.append(learned)
            cuts.append([len(text[:end].encode()) for end in cut])
        flat = np.array([span for row in spans for span in row], np.int64).reshape(-1, 2)
        offsets = np.append(0, np.cumsum([len(row) for row in spans], dtype=np.int64))
        marked = span_column(offsets, flat[:, 0].copy(), flat[:, 1].copy())
        return Rendered(pa.array(texts, pa.large_string()), marked, np.array(cuts, np.int64).reshape(-1, 2))

    def _render(self, messages: list[Message], given: Mapping[str, Any]) -> tuple[str, list[Span], Span]:
        """Text of an example, what is learned of it, and where its last answer is."""
        text = self._write(messages, given)
        spans = self._marked(text) if self._marks else self._added(text, messages, given)
        if not spans:
            return text, [], (len(text), len(text))
        start, end = spans[-1]
        ends = messages[-1]["role"] == ASSISTANT
        return text, [span for span in spans if span[0] < span[1]], (start, len(text) if ends else end)

    def _write(self, messages: list[Message], given: Mapping[str, Any], *, asks: bool = False) -> str:
        """The template's text of some messages; with `asks` an answer is to come."""
        tracker, pieces = self._tracker, []
        tracker.written, tracker.spans = 0, []
        answers = [message["content"] for message in messages if message["role"] == ASSISTANT]
        known = {**given, "messages": messages, "add_generation_prompt": asks, "bos_token": ""}
        known["output"] = answers[-1] if answers else ""
        if asks and "messages" not in self.variables:
            known["eos_token"] = ""  # it ends an answer that is not there yet
        try:
            with bounded():
                for piece in self._template.generate(known):
                    pieces.append(piece)
                    tracker.written += len(piece)
                    if tracker.written > MOST:
                        raise TemplateError(f"it writes more than {MOST:,} characters")
            text = "".join(pieces)
            text.encode()  # it has to be one that UTF-8 holds
        except RecursionError:
            raise BadTemplateError(f"{self.name} fails on an example: it is nested too deeply") from None
        except _FAILURES as error:
            raise BadTemplateError(f"{self.name} fails on an example: {_say(error)}") from None
        return text

    def _marked(self, text: str) -> list[Span]:
        spans = list(self._tracker.spans)
        if any(end > len(text) for _, end in spans):
            raise BadTemplateError(f"{self.name}: a generation block cannot stand in a macro or a set block")
        return spans

    def _added(self, text: str, messages: list[Message], given: Mapping[str, Any]) -> list[Span]:
        """What each answer adds to the text of what was said before it."""
        spans = []
        answers = sum(message["role"] == ASSISTANT for message in messages)
        if answers > 1 and "messages" not in self.variables:
            raise BadTemplateError(
                f"{self.name}: an example has {answers} answers; a template needs messages to write them"
            )
        for at, message in enumerate(messages):
            if message["role"] == ASSISTANT:
                before = self._write(messages[:at], given, asks=True)
                so_far = self._write(messages[: at + 1], given)
                if not (so_far.startswith(before) and text.startswith(so_far)):
                    raise BadTemplateError(
                        f"{self.name}: an example's text does not begin with its prompt; mark the answers by "
                        "{% generation %} … {% endgeneration %}"
                    )
                spans.append((len(before), len(so_far)))
        return spans


def _say(error: Exception) -> str:
    """What is wrong, in words; running out of memory has none of its own."""
    return "it takes too much memory" if isinstance(error, MemoryError) else str(error)


def messages_of(turns: Sequence[Mapping[str, str | None]]) -> list[Message]:
    """Turns as the messages of a chat: role, content, and whatever else the input had.

    >>> messages_of([{"role": "user", "content": "Well?", "rest": '{"name": "Ann"}'}])
    [{'role': 'user', 'content': 'Well?', 'name': 'Ann'}]
    """
    messages = []
    for turn in turns:
        content = "\n".join(text for text in (turn["content"], turn.get("input")) if text)
        messages.append({"role": turn["role"] or "", "content": content, **(_read(turn.get("rest")) or {})})
    return messages


def _asked(turns: Sequence[Mapping[str, str | None]]) -> dict[str, str]:
    """Instruction and input: those of the first thing a user says."""
    first: Mapping[str, str | None] = next((turn for turn in turns if turn["role"] == USER), {})
    return {"instruction": first.get("content") or "", "input": first.get("input") or ""}


def _tools(text: str | None) -> Any:
    """The tools, as they are where they are no JSON."""
    try:
        return _read(text)
    except ValueError:
        return text


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
