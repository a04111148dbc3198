"""Templates: the article's to the character, chats as `transformers` writes them, masks where answers are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

from schemas.example import ASSISTANT, SYSTEM, TOOL, TURNS, USER
from tests.tokenizers import CHATML, examples, turn
from transforms.kernels.rendered import Rendered
from transforms.kernels.templates import TEMPLATES, TEXTS, check_template, opening, render

WITH = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
)
WITHOUT = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
)


def spans(rendered: Rendered) -> list[list[str]]:
    """The texts that are learned."""
    rows = zip(rendered.text.to_pylist(), rendered.spans.to_pylist(), strict=True)
    return [[text[span["start"] : span["end"]] for span in learned] for text, learned in rows]


def article(instruction: str, given: str | None, preamble: tuple[str, str]) -> str:
    """The article's prompt, written as it is told."""
    if isinstance(given, str) and given:
        return f"{preamble[0]}### Instruction:\n{instruction}\n\n### Input:\n{given}\n\n### Response:\n"
    return f"{preamble[1]}### Instruction:\n{instruction}\n\n### Response:\n"


@pytest.mark.parametrize("template", ["alpaca", "default"])
def test_the_articles_examples_to_the_character(real_data: Path, template: str) -> None:
    rows = [
        json.loads(line) for line in (real_data / "article-examples.jsonl").read_text("utf-8").splitlines()
    ]
    turns = [[turn(USER, row["instruction"], row["input"]), turn(ASSISTANT, row["output"])] for row in rows]
    rendered = render(pa.array(turns, TURNS), template)
    preamble = (WITH, WITHOUT) if template == "alpaca" else ("", "")
    prompts = [article(row["instruction"], row["input"], preamble) for row in rows]
    outputs = [row["output"] for row in rows]
    assert [found.to_pylist() for found in rendered.prompts_and_completions()] == [prompts, outputs]
    assert rendered.text.to_pylist() == [a + b for a, b in zip(prompts, outputs, strict=True)]
    assert spans(rendered) == [[output] if output else [] for output in outputs]
    assert len(rows) == 10


@given(examples=examples, template=st.sampled_from(list(TEXTS)), eos=st.sampled_from(["", "</s>", "é\n"]))
def test_what_is_learned_is_what_the_assistant_says(examples: pa.Array, template: str, eos: str) -> None:
    rendered = render(examples, template, eos)
    end = "<|im_end|>" if template == "chatml" else ""
    expected = [
        [
            text
            for turn in row
            if turn["role"] == ASSISTANT
            and (
                text := f"{turn['content'] or ''}"
                + (f"\n{turn['input']}" if turn["input"] and template == "chatml" else "")
                + end
                + eos
            )
        ]
        for row in examples.to_pylist()
    ]
    assert spans(rendered) == expected


@given(examples=examples, template=st.sampled_from(TEMPLATES), eos=st.sampled_from(["", "</s>"]))
def test_prompt_and_completion_are_the_text_up_to_the_last_answer(
    examples: pa.Array, template: str, eos: str
) -> None:
    rendered = render(examples, template, eos)
    prompts, completions = (found.to_pylist() for found in rendered.prompts_and_completions())
    for row, text, prompt, completion in zip(
        examples.to_pylist(), rendered.text.to_pylist(), prompts, completions, strict=True
    ):
        answers = [one["content"] or "" for one in row if one["role"] == ASSISTANT]
        assert text.startswith(prompt + completion)
        assert bool(answers) or (prompt, completion) == (text, "")
        if answers:
            assert completion.startswith(answers[-1])
        if row and row[-1]["role"] == ASSISTANT:
            assert text == prompt + completion


@given(examples=examples)
def test_chatml_is_what_transformers_makes_of_its_template(examples: pa.Array) -> None:
    chats = [
        [
            {"role": one["role"], "content": "\n".join(filter(None, [one["content"], one["input"]]))}
            for one in row
        ]
        for row in examples.to_pylist()
    ]
    expected, _ = render_jinja_template(chats, chat_template=CHATML)
    rendered = render(examples, "chatml")
    assert rendered.text.to_pylist() == expected
    prompts = rendered.prompts_and_completions()[0].to_pylist()
    for chat, prompt in zip(chats, prompts, strict=True):
        if chat and chat[-1]["role"] == ASSISTANT:
            asked, _ = render_jinja_template([chat[:-1]], chat_template=CHATML, add_generation_prompt=True)
            assert prompt == asked[0]


def test_chatml_is_what_a_tokenizer_applies() -> None:
    from tokenizers import Tokenizer

    from tests.tokenizers import byte_level

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_buffer(byte_level()))
    chat = [
        {"role": SYSTEM, "content": "Be brief."},
        {"role": USER, "content": "Why?"},
        {"role": ASSISTANT, "content": "So."},
    ]
    expected = tokenizer.apply_chat_template(chat, chat_template=CHATML, tokenize=False)
    turns = pa.array([[turn(one["role"], one["content"]) for one in chat]], TURNS)
    assert render(turns, "chatml").text.to_pylist() == [expected]


def test_conversations_go_on_and_system_prompts_stand_first() -> None:
    row = [
        turn(SYSTEM, "Be brief."),
        turn(USER, "Add.", "1 + 1"),
        turn(ASSISTANT, "2"),
        turn(USER, "More?"),
        turn(TOOL, "3"),
        turn(ASSISTANT, "3"),
    ]
    rendered = render(pa.array([row], TURNS), "alpaca", "</s>")
    assert rendered.text.to_pylist() == [
        (
            "Be brief.\n\n### Instruction:\nAdd.\n\n### Input:\n1 + 1\n\n### Response:\n2</s>\n\n"
            "### Instruction:\nMore?\n\n### Tool:\n3\n\n### Response:\n3</s>"
        )
    ]
    assert spans(rendered) == [["2</s>", "3</s>"]]
    plain = render(pa.array([row], TURNS), "prompt-completion")
    assert plain.prompts_and_completions()[0].to_pylist() == ["Be brief.\nAdd.\n1 + 1\n2\nMore?\n3\n"]


def test_unknown_template_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='no template "alpacca"; known are alpaca, default, chatml, mess'):
        check_template("alpacca")


@given(examples=examples, at=st.integers(0, 5), template=st.sampled_from(TEMPLATES))
def test_slices_render_as_the_whole_does(examples: pa.Array, at: int, template: str) -> None:
    def read(some: pa.Array) -> list[Any]:
        rendered = render(some, template)
        columns = (rendered.text, rendered.spans, *rendered.prompts_and_completions(), opening(some))
        return [column.to_pylist() for column in columns]

    parts = zip(read(examples[:at]), read(examples[at:]), strict=True)
    assert [first + second for first, second in parts] == read(examples)


@given(examples=examples)
def test_an_opening_is_the_first_thing_a_user_says(examples: pa.Array) -> None:
    expected = [
        next(
            ("\n".join(filter(None, [one["content"], one["input"]])) for one in row if one["role"] == USER),
            "",
        )
        for row in examples.to_pylist()
    ]
    assert opening(examples).to_pylist() == expected
