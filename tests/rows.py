"""Rows to make small releases of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]

WORDS = """
apple bread chair dance eagle flame grape house igloo juice knife lemon mango night ocean piano
queen river stone table uncle voice water xenon youth zebra amber beach cloud delta ember frost
"""
"""Words of one length, so that swapping them changes no length."""

CROWD = pa.schema(
    [
        ("instruction", pa.string()),
        ("input", pa.string()),
        ("output", pa.string()),
        ("note", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("score", pa.float64()),
    ]
)


def write_rows(path: Path, rows: Sequence[Row], **options: Any) -> Path:
    """Write rows to a Parquet file, the columns being those of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path, **options)
    return path


def ask(number: int) -> Row:
    """A row unlike that of any other number."""
    return {"instruction": f"What is the square of {number}?", "output": f"It is {number * number}."}


def ask_all(count: int) -> list[Row]:
    """So many rows unlike each other."""
    return [ask(number) for number in range(count)]


def crowd(seed: int, size: int = 400) -> list[Row]:
    """Rows among which most are copies, look-alikes or ties of others, in random order."""
    rng, words = Random(seed), WORDS.split()
    stems = [(rng.choices(words, k=60), rng.choices(words, k=80)) for _ in range(size // 10)]
    rows = [_vary(*rng.choice(stems), rng) for _ in range(size)]
    rows[size // 2 :] = [dict(rng.choice(rows[: size // 2]), note=_note(rng)) for _ in rows[size // 2 :]]
    rng.shuffle(rows)
    return rows


def _vary(prompt: list[str], output: list[str], rng: Random) -> Row:
    prompt, output = _swap(prompt, rng), _swap(output, rng)[: rng.choice([80, 80, 80, 77])]
    text = " ".join(prompt)
    return {
        "instruction": rng.choice([text, text, text.title()]),
        "input": rng.choice([None, None, ""]),
        "output": " ".join(output),
        "note": _note(rng),
        "tags": rng.choice([None, [], ["a"], ["a", None]]),
        "score": rng.choice([None, 0.5, 1.0]),
    }


def _swap(words: list[str], rng: Random) -> list[str]:
    changed = list(words)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        changed[rng.randrange(len(words))] = rng.choice(WORDS.split())
    return changed


def _note(rng: Random) -> str | None:
    return rng.choice([None, None, "first", "second"])


def write_files(
    folder: Path, rows: Sequence[Row], cuts: Sequence[int], group: int, name: str = "part"
) -> str:
    """Write rows of a crowd as files cut at some places; give the glob that finds them."""
    folder.mkdir(parents=True)
    for at, (low, high) in enumerate(pairwise([0, *cuts, len(rows)])):
        table = pa.Table.from_pylist(list(rows[low:high]), schema=CROWD)
        pq.write_table(table, folder / f"{name}-{at}.parquet", row_group_size=group)
    return f"{folder}/*.parquet"


def damage(path: Path, group: int, column: int = 0) -> None:
    """Overwrite the stored bytes of one column of a row group."""
    chunk = pq.read_metadata(path).row_group(group).column(column)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
