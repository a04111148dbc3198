"""The canonical instruction example and the columns Tamis adds to it."""

from __future__ import annotations

INSTRUCTION = "instruction"
INPUT = "input"
OUTPUT = "output"
FIELDS = (INSTRUCTION, INPUT, OUTPUT)

PREFIX = "tamis_"
CURATED_COLUMNS = (
    "record_id",
    "language",
    "language_score",
    "output_language",
    "verb",
    "category",
    "noun",
    "difficulty",
    "domain",
    "score",
    "flags",
)
"""Ledger columns that curated rows carry too, there with the prefix `tamis_`."""
