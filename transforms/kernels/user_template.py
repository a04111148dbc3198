"""A user's own template in Jinja, as chat templates are written, in a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.example import ASSISTANT, USER
from transforms.kernels.rendered import Rendered, spans_of

Span = tuple[int, int]
Message = dict[str, Any]


class BadTemplateError(ValueError):
    """A template that cannot be read, or that fails on an example."""


class _Answers(Extension):
    """The block `{% generation %}`: marks what the assistant says, as chat templates do."""

    tags = {"generation"}  # noqa: RUF012 — as Jinja has it

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.written = 0
        self.spans: list[Span] = []

    def parse(self, parser: Parser) -> nodes.Node:
        """The block as a call that is told what it holds."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("answer"), [], [], body).set_lineno(line)

    def answer(self, caller: Callable[[], str]) -> str:
        """Note where the block's text goes."""
        text = caller()
        self.spans.append((self.written, self.written + len(text)))
        return text


class UserTemplate:
    """Renders examples by a Jinja template, given what `transformers` gives one and the flat fields.

    What is learned is what stands in `{% generation %}` blocks or, where there are none, what each answer
    adds to the text before it.
    """

    def __init__(self, source: str, name: str) -> None:
        self.name = name
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Answers, loopcontrols]
        )
        environment.filters["tojson"] = _as_json
        environment.globals["raise_exception"] = _refuse
        try:
            self._template = environment.from_string(source)
            tree = environment.parse(source)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"{name}, line {line}" if line else name
            raise BadTemplateError(f"{place}: not a Jinja template: {error.message}") from None
        self._tracker: _Answers = environment.extensions[_Answers.identifier]  # type: ignore[assignment]
        self._marks = any(_calls_answer(call) for call in tree.find_all(nodes.CallBlock))
        self.variables = frozenset(find_undeclared_variables(tree))

    def render(self, turns: pa.ListArray, tools: Sequence[str | None], eos: str) -> Rendered:
        """Text of each example, `eos` being what the template writes as `eos_token`."""
        texts, spans, cuts = [], [], []
        for row, given in zip(turns.to_pylist(), tools, strict=True):
            known = {**_asked(row or []), "tools": _read(given), "eos_token": eos}
            text, learned, cut = self._render(messages_of(row or []), known)
            texts.append(text)
            spans.append(learned)
            cuts.append([len(text[:at].encode()) for at in cut])
        flat = np.array([span for row in spans for span in row], np.int64).reshape(-1, 2)
        offsets = np.append(0, np.cumsum([len(row) for row in spans], dtype=np.int64))
        marked = spans_of(offsets, flat[:, 0].copy(), flat[:, 1].copy())
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
            for piece in self._template.generate(known):
                pieces.append(piece)
                tracker.written += len(piece)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise BadTemplateError(f"{self.name} fails on an example: {error}") from None
        return "".join(pieces)

    def _marked(self, text: str) -> list[Span]:
        spans = list(self._tracker.spans)
        if any(end > len(text) for _, end in spans):
            raise BadTemplateError(f"{self.name}: a generation block cannot stand in a macro or a set block")
        return spans

    def _added(self, text: str, messages: list[Message], given: Mapping[str, Any]) -> list[Span]:
        """What each answer adds to the text of what was said before it."""
        spans = []
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


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _as_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _calls_answer(block: nodes.CallBlock) -> bool:
    """Whether a block is `{% generation %}`."""
    called = block.call.node
    return isinstance(called, nodes.ExtensionAttribute) and called.name == "answer"
