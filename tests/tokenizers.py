"""Tokenizers made for tests, and turns to render."""

from __future__ import annotations

from functools import cache

import pyarrow as pa
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from schemas.example import ASSISTANT, SYSTEM, TOOL, TURNS, USER
from tests.strategies import texts

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""The ChatML template of Hugging Face's documentation."""


@cache
def byte_level() -> bytes:
    """File of a byte-level BPE tokenizer that knows ChatML's special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|im_start|>", "<|im_end|>", "</s>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the answer of the user is the write list", "été 語 語"] * 20, trainer)
    return tokenizer.to_str().encode()


@cache
def words() -> bytes:
    """File of a tokenizer of words, which leaves white space out and pads and cuts unless told not to."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "a": 2}, unk_token="[UNK]"))  # noqa: S106 — no password
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(3)
    return tokenizer.to_str().encode()


def turn(
    role: str, content: str | None, given: str | None = None, rest: str | None = None
) -> dict[str, object]:
    """A turn of TURNS."""
    return {"role": role, "content": content, "input": given, "speaker": role, "rest": rest}


said = st.none() | texts
turns = st.builds(turn, st.sampled_from([SYSTEM, USER, ASSISTANT, TOOL]), said)
"""Turns of any role, in any order."""

flat = st.builds(
    lambda asked, given, answered: [turn(USER, asked, given), turn(ASSISTANT, answered)], said, said, said
)
"""Rows of an instruction, an input and an output."""

examples = st.lists(st.lists(turns, max_size=6) | flat, max_size=5).map(lambda rows: pa.array(rows, TURNS))
"""Columns of examples."""
