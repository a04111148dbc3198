"""The canonical instruction example and the columns Tamis adds to it."""

from __future__ import annotations

import pyarrow as pa

INSTRUCTION = "instruction"
INPUT = "input"
OUTPUT = "output"
FIELDS = (INSTRUCTION, INPUT, OUTPUT)

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
ROLES = (SYSTEM, USER, ASSISTANT, TOOL)

TURN = pa.struct(
    [
        ("role", pa.string()),
        ("content", pa.string()),
        ("input", pa.string()),
        ("speaker", pa.string()),
        ("rest", pa.string()),
    ],
)
"""One turn of an example.

`role` is one of ROLES, or the input's own word where that is none of them; `content` is its text, of typed
parts those that are text. `input` is the passage that a flat instruction is asked about. `speaker` is the
role as the input spells it, null where the input has no such word (flat rows, a column of system prompts).
`rest` is the JSON of an object: whatever else the turn has, such as `tool_calls`, `tool_call_id`, `name`,
`weight`, or `content` where that is in typed parts; fields that are null are left out."""

TURNS = pa.list_(TURN)
"""The turns of an example, a system prompt first."""

CANONICAL = pa.schema([("turns", TURNS), ("tools", pa.string())])
"""A canonical example: its turns, and the tools it may call, as the input has them or as their JSON."""

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
