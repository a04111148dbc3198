"""Question and answer: `question` and `answer` (or `response`), and sometimes `context` and `system`."""

from __future__ import annotations

from schemas.example import INPUT, INSTRUCTION, OUTPUT, SYSTEM
from transforms.kernels.adapters.flat import Flat

ADAPTER = Flat(
    name="question_answer",
    rank=30,
    known={
        SYSTEM: ("system", "system_prompt"),
        INSTRUCTION: ("question",),
        INPUT: ("context",),
        OUTPUT: ("answer", "response"),
    },
)
