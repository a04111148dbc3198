"""Prompt and completion: `prompt` and `completion` (or `response`), and sometimes `system`."""

from __future__ import annotations

from schemas.example import INSTRUCTION, OUTPUT, SYSTEM
from transforms.kernels.adapters.flat import Flat

ADAPTER = Flat(
    name="prompt_completion",
    rank=20,
    known={SYSTEM: ("system",), INSTRUCTION: ("prompt",), OUTPUT: ("completion", "response")},
)
