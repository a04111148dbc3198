"""How right rules and tags are on rows that were labelled by reading, with 95 % confidence intervals.

python bench/labels.py [--shared DIR] [--wrong]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest, bootstrap

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.decisions import CATEGORIES
from transforms.kernels.difficulty import DIFFICULTIES
from transforms.kernels.own_tagger import tag_rows
from transforms.kernels.slots import mark_slots
from transforms.kernels.tagger import by_phrases
from transforms.kernels.texts import Texts

SHARED = Path(__file__).parents[2] / "shared"
_SEED, _RESAMPLES = 1, 2000
Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A measure on labelled rows: its value and the interval it is in with 95 % confidence."""

    name: str
    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Labelled:
    """Labelled rows of one kind: their labels and what the defaults tag and mark them with."""

    kind: str
    labels: list[Row]
    found: list[Row]

    def pairs(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The labels of a name and what was found."""
        wanted, found = (np.array([row[name] for row in rows], object) for rows in (self.labels, self.found))
        return wanted, found

    def right(self, name: str) -> np.ndarray:
        """Mask of the rows whose label was found.

        In the templated tasks the article's class counts as well: `qa` for what is labelled extraction.
        """
        wanted, found = self.pairs(name)
        if self.kind == "tasks" and name == "category":
            found = np.where((wanted == "extraction") & (found == "qa"), "extraction", found)
        return np.asarray(wanted == found)


def read(shared: Path, kind: str) -> Labelled:
    """The labelled rows of a kind, tagged and marked."""
    lines = (shared / "labels" / f"labels-{kind}-instruct-mix.jsonl").read_text("utf-8").splitlines()
    labels = [json.loads(line) for line in lines]
    table = ds.dataset(shared / "data" / "instruct-mix").to_table(
        filter=ds.field("id").isin([label["id"] for label in labels])
    )
    at = {name: row for row, name in enumerate(table["id"].to_pylist())}
    rows = table.take(pa.array([at[label["id"]] for label in labels]))
    return Labelled(kind, labels, _judge(Texts(*(_texts(rows, name) for name in Texts._fields))))


def _texts(rows: pa.Table, name: str) -> pa.LargeStringArray:
    return rows[name].combine_chunks().cast(pa.large_string()).fill_null("")


def _judge(texts: Texts) -> list[Row]:
    marks = mark_slots(Recipe(), texts)
    slot = (marks.reasons | marks.flags) > 0
    defect = ((marks.reasons | marks.flags) & np.uint64(Reason.PLACEHOLDER.bit)) > 0
    tags = by_phrases(texts.instruction, texts.input)
    tagged = pa.table(tag_rows(Recipe(), tags, texts)._asdict()).to_pylist()
    return [
        {**row, "slot": bool(has), "defect": bool(bad)}
        for row, has, bad in zip(tagged, slot, defect, strict=True)
    ]


def figures(shared: Path = SHARED) -> Iterator[Figure]:
    """Every figure there is."""
    placeholders, natural, tasks = (read(shared, kind) for kind in ("placeholders", "natural", "tasks"))
    for name in ("slot", "defect"):
        wanted, found = (values.astype(bool) for values in placeholders.pairs(name))
        yield share(f"{name}: precision", wanted[found])
        yield share(f"{name}: recall", found[wanted])
        yield resampled(f"{name}: F1", f1, wanted, found)
    for rows in (tasks, natural):
        explicit = np.array([label["explicit"] for label in rows.labels])
        yield share(f"{rows.kind}: category", rows.right("category"))
        yield share(f"{rows.kind}: verb", rows.right("verb"))
        yield share(f"{rows.kind}: explicit verb", rows.right("verb")[explicit])
        yield share(f"{rows.kind}: other", rows.pairs("category")[1] == "other")
    yield resampled("natural: domain, macro F1", macro_f1, *natural.pairs("domain"))
    levels = (np.array([DIFFICULTIES.index(one) for one in each]) for each in natural.pairs("difficulty"))
    yield resampled("natural: difficulty, weighted kappa", partial(kappa, of=len(DIFFICULTIES)), *levels)


def share(name: str, right: np.ndarray) -> Figure:
    """The share of rows that a mask marks, with Wilson's interval."""
    found = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return Figure(name, float(right.mean()), float(found.low), float(found.high), len(right))


def resampled(name: str, measure: Callable[..., float], wanted: np.ndarray, found: np.ndarray) -> Figure:
    """A measure of agreement, with the interval of resampled rows."""
    at = (np.arange(len(wanted)),)
    drawn = bootstrap(
        at,
        lambda rows: measure(wanted[rows], found[rows]),
        vectorized=False,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return Figure(name, measure(wanted, found), float(drawn.low), float(drawn.high), len(wanted))


def f1(wanted: np.ndarray, found: np.ndarray) -> float:
    """F1 of a mask.

    >>> f1(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    both, either = int((wanted & found).sum()), int(wanted.sum() + found.sum())
    return 2 * both / either if either else 1.0


def macro_f1(wanted: np.ndarray, found: np.ndarray) -> float:
    """Mean F1 of the classes that are labelled.

    >>> macro_f1(np.array(["a", "b"]), np.array(["a", "a"]))
    0.3333333333333333
    """
    return float(np.mean([f1(wanted == each, found == each) for each in sorted(set(wanted))]))


def kappa(wanted: np.ndarray, found: np.ndarray, of: int) -> float:
    """Cohen's kappa of ordered classes, disagreements weighted by their distance.

    >>> kappa(np.array([0, 1, 2]), np.array([0, 1, 2]), 3)
    1.0
    """
    together = np.zeros((of, of))
    np.add.at(together, (wanted, found), 1)
    distance = np.abs(np.subtract.outer(np.arange(of), np.arange(of)))
    chance = np.outer(together.sum(1), together.sum(0)) / together.sum()
    expected = float((distance * chance).sum())
    return 1 - float((distance * together).sum()) / expected if expected else 1.0


def show(found: Iterable[Figure]) -> Table:
    """The figures as a table."""
    table = Table("figure", "value", "95 % interval", "rows")
    for each in found:
        table.add_row(each.name, f"{each.value:.3f}", f"{each.low:.3f} to {each.high:.3f}", f"{each.rows}")
    return table


def confusion(rows: Labelled) -> Table:
    """How often each category was found for each that is labelled."""
    wanted, found = rows.pairs("category")
    table = Table(f"{rows.kind}: labelled", *CATEGORIES)
    for each in CATEGORIES:
        counts = [int(((wanted == each) & (found == other)).sum()) for other in CATEGORIES]
        if sum(counts):
            table.add_row(each, *map(str, counts))
    return table


def wrong(rows: Labelled, names: Sequence[str]) -> Iterator[str]:
    """A line for each row that is labelled otherwise."""
    for label, found in zip(rows.labels, rows.found, strict=True):
        for name in names:
            if label[name] != found[name]:
                yield f"{rows.kind} {name}: {label[name]} found as {found[name]}: {label['id']}"


def main() -> None:
    """Print the figures and the confusion matrices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of data/ and labels/")
    parser.add_argument("--wrong", action="store_true", help="list the rows that are labelled otherwise")
    given = parser.parse_args()
    console = Console()
    console.print(show(figures(given.shared)))
    kinds = [read(given.shared, kind) for kind in ("tasks", "natural")]
    for rows in kinds:
        console.print(confusion(rows))
    if given.wrong:
        names = {"placeholders": ["slot", "defect"], "tasks": ["category"], "natural": ["category", "domain"]}
        for rows in (read(given.shared, "placeholders"), *kinds):
            for line in wrong(rows, names[rows.kind]):
                print(line)


if __name__ == "__main__":
    main()
