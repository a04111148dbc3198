"""Tasks of the phrase banks, and the rows drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from math import prod
from random import Random
from typing import TypeAlias

from pipelines.sample.banks import Bank, load_banks
from pipelines.sample.calculations import CALCULATIONS
from pipelines.sample.grammar import Phrase, Scope, expand, stream
from pipelines.sample.likeness import is_alike, offspring
from pipelines.sample.rows import Row

UNLIKE = 0.6
"""Rows that nobody planted, and the answers to one prompt, stay below this similarity."""

_PATIENCE = 50
"""How many draws each row of a task without axes, and each further answer, may take."""

Choices: TypeAlias = "str | Sequence[Phrase]"
"""A list, or the name of one among the bank's phrases."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A kind of row: its phrases, and how many rows of it to draw.

    `axes` are lists whose combinations make the rows, each combination at most once; two axes over one
    list never meet in one item. `let` are choices made once a row, `compute` names a calculation.
    `answers` above 1 gives each prompt that many outputs.
    """

    name: str
    language: str
    rows: int
    collection: str
    instruction: Phrase
    output: Phrase
    input: Phrase | None = None
    difficulty: int = 1
    tags: Sequence[str] = ()
    axes: Mapping[str, Choices] = field(default_factory=dict)
    let: Mapping[str, Choices] = field(default_factory=dict)
    compute: str | None = None
    answers: int = 1
    plant: str | None = None

    def draw(self, phrases: Scope, rng: Random) -> Iterator[Row]:
        """Rows of this task, no two of them alike."""
        drawn: list[Row] = []
        for scope in self._scopes(phrases, rng):
            if len(drawn) == self.rows:
                return
            row = self._row(f"{self.name}-{len(drawn):03}", scope, rng)
            if not any(is_alike(row, other, UNLIKE) for other in drawn):
                drawn.append(row)
                yield from self._answer(row, scope, rng)
        if len(drawn) < self.rows:
            raise ValueError(f"task {self.name}: {self.rows} rows wanted, {len(drawn)} found")

    def _scopes(self, phrases: Scope, rng: Random) -> Iterator[Scope]:
        bindings = combine(self.axes, phrases, rng) if self.axes else repeat({}, self.rows * _PATIENCE)
        for binding in bindings:
            scope = {**phrases, **binding}
            if self.compute:
                scope.update(CALCULATIONS[self.compute](rng))
            for name, choices in self.let.items():
                chosen = rng.choice(_items(choices, phrases))
                scope[name] = expand(chosen, scope, rng) if isinstance(chosen, str) else chosen
            yield scope

    def _row(self, name: str, scope: Scope, rng: Random) -> Row:
        return Row(
            id=name,
            instruction=expand(self.instruction, scope, rng),
            input=None if self.input is None else expand(self.input, scope, rng),
            output=expand(self.output, scope, rng),
            language=self.language,
            collection=self.collection,
            difficulty=self.difficulty,
            tags=tuple(expand(tag, scope, rng) for tag in self.tags),
            plant=self.plant,
        )

    def _answer(self, row: Row, scope: Scope, rng: Random) -> Iterator[Row]:
        """Give the row and, where the task has several answers, the other ones."""
        answers = [row]
        for _ in range(_PATIENCE * (self.answers - 1)):
            if len(answers) == self.answers:
                break
            other = replace(row, output=expand(self.output, scope, rng))
            if not any(is_alike(other, answer, UNLIKE) for answer in answers):
                answers.append(offspring(other, row, "many_answers", len(answers)))
        yield from answers


def combine(axes: Mapping[str, Choices], phrases: Scope, rng: Random) -> Iterator[Scope]:
    """Every combination of the axes' items, in random order; two axes over one list keep its order.

    >>> phrases = {"pets": ["cat", "dog", "owl"]}
    >>> sorted(tuple(pair.values()) for pair in combine({"a": "pets", "b": "pets"}, phrases, Random(1)))
    [('cat', 'dog'), ('cat', 'owl'), ('dog', 'owl')]
    """
    lists = [_items(choices, phrases) for choices in axes.values()]
    twins = [(i, j) for j in range(len(lists)) for i in range(j) if lists[i] is lists[j]]
    for number in rng.sample(range(size := prod(map(len, lists))), size):
        rest, places = number, []
        for items in lists:
            rest, place = divmod(rest, len(items))
            places.append(place)
        if all(places[i] < places[j] for i, j in twins):
            yield {name: items[place] for name, items, place in zip(axes, lists, places, strict=True)}


def _items(choices: Choices, phrases: Scope) -> Sequence[Phrase]:
    found = phrases[choices] if isinstance(choices, str) else choices
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise TypeError(f"{choices} is not a list: {found}")
    return found


def draw_rows(seed: int) -> Iterator[Row]:
    """Rows of all tasks of all banks, each task from random numbers of its own."""
    for bank in load_banks():
        for name, task in _tasks(bank):
            yield from task.draw(bank.phrases, stream(seed, name))


def _tasks(bank: Bank) -> Iterator[tuple[str, Task]]:
    for name, said in bank.tasks.items():
        yield name, Task(**{"name": name, "language": bank.language, **said})
