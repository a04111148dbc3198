"""Tasks of the phrase banks, and the rows drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from math import prod
from random import Random
from typing import Union

from pipelines.sample.banks import Bank, load_banks
from pipelines.sample.calculations import CALCULATIONS
from pipelines.sample.grammar import Phrase, Scope, expand, stream
from pipelines.sample.likeness import jaccard
from pipelines.sample.rows import Row

UNLIKE = 0.6
"""Rows that nobody planted, and the answers to one prompt, stay below this similarity."""

_PATIENCE = 50
"""How many draws a task without axes may take for each of its rows."""

Choices = Union[str, Sequence[Phrase]]
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
        """Rows of this task; prompts differ, but for those with several answers."""
        drawn = 0
        prompts = set()
        for scope in self._scopes(phrases, rng):
            if drawn == self.rows:
                return
            row = self._row(f"{self.name}-{drawn:03}", scope, rng)
            if (row.instruction, row.input) in prompts and self.plant is None:
                continue
            prompts.add((row.instruction, row.input))
            drawn += 1
            yield from self._answer(row, scope, rng)
        if drawn < self.rows:
            msg = f"task {self.name}: {self.rows} rows wanted, {drawn} found"
            raise ValueError(msg)

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
        answers = [row.output or ""]
        yield row
        while len(answers) < self.answers:
            other = expand(self.output, scope, rng)
            if all(jaccard(other, answer) < UNLIKE for answer in answers):
                name = f"{row.id}~{len(answers)}"
                answers.append(other)
                yield replace(row, id=name, output=other, plant="many_answers", plant_of=row.id)


def combine(axes: Mapping[str, Choices], phrases: Scope, rng: Random) -> Iterator[Scope]:
    """Every combination of the axes' items, in random order.

    >>> phrases = {"pets": ["cat", "dog", "owl"]}
    >>> sorted(tuple(pair.values()) for pair in combine({"a": "pets", "b": "pets"}, phrases, Random(1)))
    [('cat', 'dog'), ('cat', 'owl'), ('dog', 'owl')]
    """
    lists = [_items(choices, phrases) for choices in axes.values()]
    for number in rng.sample(range(size := prod(map(len, lists))), size):
        rest, places = number, []
        for items in lists:
            rest, place = divmod(rest, len(items))
            places.append(place)
        if all(
            places[i] < places[j] for j, later in enumerate(lists) for i, items in enumerate(lists[:j]) if items is later
        ):
            yield {name: items[place] for name, items, place in zip(axes, lists, places, strict=True)}


def _items(choices: Choices, phrases: Scope) -> Sequence[Phrase]:
    found = phrases[choices] if isinstance(choices, str) else choices
    if isinstance(found, str) or not isinstance(found, Sequence):
        msg = f"{choices} is not a list: {found}"
        raise TypeError(msg)
    return found


def draw_rows(seed: int) -> Iterator[Row]:
    """Rows of all tasks of all banks, each task from random numbers of its own."""
    for bank in load_banks():
        for name, task in _tasks(bank):
            yield from task.draw(bank.phrases, stream(seed, name))


def _tasks(bank: Bank) -> Iterator[tuple[str, Task]]:
    for name, said in bank.tasks.items():
        yield name, Task(**{"name": name, "language": bank.language, **said})
