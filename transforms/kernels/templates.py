"""Templates that are built in: how turns become text to train on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, SYSTEM, USER
from transforms.kernels.rendered import Pieces, Rendered, Turns, assemble
from transforms.kernels.text import join_present

WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request."
)
WITHOUT_INPUT = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)
_NOTHING = pa.scalar("", pa.large_string())
_Text: TypeAlias = "pa.LargeStringArray | pa.Scalar | str"


def _join(*texts: _Text) -> pa.LargeStringArray:
    """The texts of each row, one after another."""
    return pc.binary_join_element_wise(*(_large(text) for text in texts), _NOTHING)


def _large(text: _Text) -> pa.LargeStringArray | pa.Scalar:
    return pa.scalar(text, pa.large_string()) if isinstance(text, str) else text


def _where(mask: np.ndarray, text: _Text, other: _Text = "") -> pa.LargeStringArray:
    """One text in the rows that are marked, another in the rest."""
    return pc.if_else(pa.array(mask), _large(text), _large(other))


def _filled(text: pa.LargeStringArray) -> np.ndarray:
    return np.asarray(pc.not_equal(text, _NOTHING).to_numpy(zero_copy_only=False))


def spoken(turns: Turns) -> pa.LargeStringArray:
    """All that each turn says, with the input that it is about on a line of its own."""
    return join_present([turns.content, turns.input])


def opening(turns: pa.ListArray) -> pa.LargeStringArray:
    """What the user says first in each example, nothing where there is no user."""
    found = Turns.of(turns)
    users = np.flatnonzero(found.by(USER))
    at = np.searchsorted(users, found.starts[:-1])
    there = np.append(users, len(found.role))[at]
    missing = there >= found.starts[1:]
    said = spoken(found).take(pa.array(there, mask=missing))
    return pc.fill_null(said, _NOTHING)


def default(turns: Turns, eos: str) -> Pieces:
    """Headings of the article: `### Instruction:`, `### Input:` and `### Response:`."""
    answers, system = turns.by(ASSISTANT), turns.by(SYSTEM)
    given = _where(_filled(turns.input), _join("### Input:\n", turns.input, "\n\n"))
    asked = _join(_headings(turns), turns.content, "\n\n", given)
    told = _where(system, _join(turns.content, "\n\n"), asked)
    gap = _where(turns.follows_answer, "\n\n")
    before = _join(gap, _where(answers, "### Response:\n", told))
    return Pieces(before, _where(answers, _join(turns.content, eos)), _where(answers, ""))


def _headings(turns: Turns) -> pa.LargeStringArray:
    """Heading of each turn that is not the assistant's: a role that is not a user's under its own name."""
    own = _join("### ", pc.utf8_capitalize(turns.role), ":\n")
    return _where(turns.by(USER), "### Instruction:\n", own)


def alpaca(turns: Turns, eos: str) -> Pieces:
    """Stanford Alpaca's: a preamble, or the system prompt in its place, then as `default`."""
    pieces = default(turns, eos)
    preamble = _where(_filled(turns.input), WITH_INPUT, WITHOUT_INPUT)
    leads = _where(turns.first & ~turns.by(SYSTEM), _join(preamble, "\n\n"))
    return pieces._replace(before=_join(leads, pieces.before))


def chatml(turns: Turns, eos: str) -> Pieces:
    """ChatML's `<|im_start|>` and `<|im_end|>`, an answer's end being learned."""
    answers = turns.by(ASSISTANT)
    head = _join("<|im_start|>", turns.role, "\n")
    said = _join(spoken(turns), "<|im_end|>")
    before = _where(answers, head, _join(head, said, "\n"))
    return Pieces(before, _where(answers, _join(said, eos)), _where(answers, "\n"))


def plain(turns: Turns, eos: str) -> Pieces:
    """Turns alone, one a line: trainers put nothing between a prompt and its completion."""
    answers = turns.by(ASSISTANT)
    gap, said = _where(~turns.first, "\n"), spoken(turns)
    before = _join(gap, _where(answers, "", said))
    return Pieces(before, _where(answers, _join(said, eos)), _where(answers, ""))


TEXTS: dict[str, Callable[[Turns, str], Pieces]] = {"alpaca": alpaca, "default": default, "chatml": chatml}
"""Templates that make one text of an example."""

SHAPES = ("messages", "sharegpt", "prompt-completion")
"""Templates that leave it to the trainer to make text of what they give."""

TEMPLATES = (*TEXTS, *SHAPES)


def check_template(name: str) -> str:
    """The name, if it is a template's; else a ValueError names those that there are.

    >>> check_template("chatml")
    'chatml'
    """
    if name not in TEMPLATES:
        raise ValueError(f'there is no template "{name}"; known are {", ".join(TEMPLATES)}')
    return name


def render(turns: pa.ListArray, template: str, eos: str = "") -> Rendered:
    r"""Text of each example by a built-in template; `eos` follows every answer.

    >>> turn = {"role": "assistant", "content": "Hi."}
    >>> from schemas.example import TURNS
    >>> rendered = render(pa.array([[turn]], TURNS), "default", "</s>")
    >>> rendered.text.to_pylist(), rendered.spans.to_pylist()
    (['### Response:\nHi.</s>'], [[{'start': 14, 'end': 21}]])
    """
    found = Turns.of(turns)
    return assemble(found, TEXTS.get(check_template(template), plain)(found, eos))
