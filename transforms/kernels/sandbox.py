"""The sandbox that a user's template runs in: Jinja's own, that also bounds what a template may make."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sized
from typing import Any, NoReturn

from jinja2 import Environment, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Span = tuple[int, int]
MOST, MOST_BITS = 1 << 26, 1 << 16
"""Characters of an example's text and items of a repeated list, and bits of a product or power, at most."""


class Answers(Extension):
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


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment in which `transformers` renders chat templates, without huge repetitions and powers."""

    intercepted_binops = frozenset(["*", "**"])

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[Answers, loopcontrols])
        self.filters["tojson"] = _as_json
        self.globals["raise_exception"] = _refuse
        del self.globals["lipsum"], self.filters["random"]  # the same rows would give other texts

    @property
    def answers(self) -> Answers:
        """What notes the answers of the text that is being written."""
        found: Answers = self.extensions[Answers.identifier]  # type: ignore[assignment]
        return found

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """The product or power, if it is not too large."""
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
            if bits > MOST_BITS:
                raise SecurityError(f"{operator} would make a number of more than {MOST_BITS:,} bits")
        elif _repeated(left, right) > MOST:
            raise SecurityError(f"{operator} would make more than {MOST:,} of anything")
        return super().call_binop(context, operator, left, right)


def _repeated(left: Any, right: Any) -> int:
    """Length of what is repeated, or 0 where nothing is."""
    for one, times in ((left, right), (right, left)):
        if isinstance(one, Sized) and isinstance(times, int):
            return len(one) * times
    return 0


def unknown_names(tree: nodes.Template, given: frozenset[str]) -> Iterator[str]:
    """Names that a template writes without being given them, setting them or testing for them."""
    tested = {
        name.name
        for test in tree.find_all(nodes.Test)
        if test.name in {"defined", "undefined"}
        for name in [*test.find_all(nodes.Name)]
    }
    free = find_undeclared_variables(tree) - given - tested
    for output in tree.find_all(nodes.Output):
        yield from (name.name for node in output.nodes for name in _written(node) if name.name in free)


def _written(node: nodes.Node) -> Iterator[nodes.Name]:
    """The names whose values an expression writes, without those in its conditions."""
    if isinstance(node, nodes.Name):
        yield node
    elif isinstance(node, nodes.CondExpr):
        for one in filter(None, (node.expr1, node.expr2)):
            yield from _written(one)
    else:
        for child in node.iter_child_nodes():
            yield from _written(child)


def _as_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def calls_answer(block: nodes.CallBlock) -> bool:
    """Whether a block is `{% generation %}`."""
    called = block.call.node
    return isinstance(called, nodes.ExtensionAttribute) and called.name == "answer"
