"""Alpaca: `instruction`, `input`, `output` (or `response`), and sometimes `system`."""

from __future__ import annotations

from schemas.example import INPUT, INSTRUCTION, OUTPUT, SYSTEM
from transforms.kernels.adapters.flat import Flat

ADAPTER = Flat(
    name="alpaca",
    rank=0,
    known={
        SYSTEM: ("system",),
        INSTRUCTION: ("instruction",),
        INPUT: ("input",),
        OUTPUT: ("output", "response"),
    },
)
