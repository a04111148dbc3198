"""The rules of a recipe: what each marks, and what a marked row gets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.recipe.fields import Action, Count, Positive, Section, Share, Text, Texts

SENTENCE_ENDS = ".?!:…‼⁇⁈⁉‽。．｡！？：؟۔।॥։።፧།။។៕᠃"  # noqa: RUF001 the marks of other scripts are meant
"""Marks that end a sentence, a question or an announcement, of any script."""

PLACEHOLDERS = ("[your response here]", "[insert", "TODO", "...")

ACTION = "What a marked row gets: reject, flag or off."


class Rule(Section):
    """A rule that rejects unless the recipe says otherwise."""

    action: Action = Field(default="reject", description=ACTION)


class Flagging(Rule):
    """A rule that only flags unless the recipe says otherwise."""

    action: Action = Field(default="flag", description=ACTION)


class InstructionTooShort(Rule):
    """Limits under which an instruction is too short."""

    min_chars: Count = Field(
        default=5,
        description="An instruction with fewer characters is marked, if `min_tokens` agrees.",
    )
    min_tokens: Count | None = Field(
        default=2,
        description="And with fewer tokens than this, so that 您好 stays; null leaves it out.",
    )


class InstructionTooLong(Rule):
    """Limits over which an instruction is too long."""

    max_chars: Count = Field(default=32_000, description="An instruction with more characters is marked.")
    flag_over: Count | None = Field(
        default=1000,
        description="Over this many characters a row is at least flagged; null never flags.",
    )
    max_tokens: Count | None = Field(
        default=None,
        description="An instruction with more tokens, as `tokenizer` counts them, is marked; null: never.",
    )


class OutputEmpty(Rule):
    """Limit under which an output counts as empty."""

    min_chars: Positive = Field(
        default=1,
        description="An output with fewer characters, white space around it left out, is marked.",
    )


class Placeholder(Rule):
    """Text that stands where an output should be."""

    patterns: Texts = Field(
        default=PLACEHOLDERS,
        description="If `placeholders` is literal, an output with one of these, in any case, is marked.",
    )


class TooManyTokens(Rule):
    """Limit over which a row has too many tokens to be trained on."""

    action: Action = Field(default="off", description=ACTION)
    max_tokens: Positive = Field(
        default=2048,
        description="A row with more tokens, as `tokenizer` counts them in all its fields, is marked.",
    )


class NoEndPunctuation(Flagging):
    """Marks that an instruction may end with."""

    endings: Text = Field(
        default=SENTENCE_ENDS,
        description="An instruction whose last character is none of these is marked.",
    )


class Contaminated(Rule):
    """How much of a benchmark's example a row has to hold."""

    ngram: Annotated[int, Field(ge=2, le=64)] = Field(
        default=8,
        description="Tokens in the n-grams that are compared: 8 as Tülu 3, 13 as lm-eval.",
    )
    min_score: Share = Field(
        default=0.5,
        description="Share of a benchmark text's tokens found in a row that marks it; 0 is any n-gram.",
    )


class Rules(Section):
    """Every rule of a recipe, by the reason it gives."""

    instruction_too_short: InstructionTooShort = Field(
        default=InstructionTooShort(),
        description="The instruction is too short to ask for anything.",
    )
    instruction_too_long: InstructionTooLong = Field(
        default=InstructionTooLong(),
        description="The instruction is too long to learn from.",
    )
    output_empty: OutputEmpty = Field(
        default=OutputEmpty(),
        description="There is no output, or next to none.",
    )
    placeholder: Placeholder = Field(
        default=Placeholder(),
        description="The output holds text that somebody meant to replace.",
    )
    language: Rule = Field(
        default=Rule(),
        description="The instruction's language is not one of `language.keep`.",
    )
    no_end_punctuation: NoEndPunctuation = Field(
        default=NoEndPunctuation(),
        description="The instruction does not end as a sentence does.",
    )
    language_undetermined: Flagging = Field(
        default=Flagging(),
        description="The instruction is too short or too mixed to tell its language.",
    )
    language_mismatch: Flagging = Field(
        default=Flagging(),
        description="The output is in another language than the instruction.",
    )
    contaminated: Contaminated = Field(
        default=Contaminated(),
        description="The row holds an example of one of the `benchmarks`.",
    )
    slot_expected: Flagging = Field(
        default=Flagging(),
        description="The output holds a slot that its instruction calls for, as a letter's signature.",
    )
    wrong_arithmetic: Flagging = Field(
        default=Flagging(), description="The output states a sum with a wrong result."
    )
    constraint_missed: Flagging = Field(
        default=Flagging(), description="The output breaks a length or a form that the instruction asks for."
    )
    too_few_items: Flagging = Field(
        default=Flagging(), description="The output lists fewer items than the instruction asks for."
    )
    input_missing: Flagging = Field(
        default=Flagging(), description="The instruction speaks of a text that is not there."
    )
    vague: Flagging = Field(default=Flagging(), description="The instruction does not say what it is about.")
    refusal: Flagging = Field(default=Flagging(), description="The output declines to answer.")
    model_identity: Flagging = Field(
        default=Flagging(), description="The output speaks of itself as a model."
    )
    bypass_attempt: Flagging = Field(
        default=Flagging(), description="The instruction tries to undo the rules a model is given."
    )
    template_delimiters: Flagging = Field(
        default=Flagging(), description="A text holds delimiters of a prompt template."
    )
    special_tokens: Flagging = Field(
        default=Flagging(), description="A text holds special tokens of a tokenizer."
    )
    encoding_damage: Flagging = Field(
        default=Flagging(), description="A text was damaged by a wrong encoding."
    )
    html_residue: Flagging = Field(
        default=Flagging(), description="The output holds HTML that nobody asked for."
    )
    private_data: Flagging = Field(
        default=Flagging(), description="A text holds an address, a number or a key that may be somebody's."
    )
    unsafe: Flagging = Field(default=Flagging(), description="A text speaks of doing grave harm.")
    repetition: Flagging = Field(default=Flagging(), description="The output repeats itself.")
    echo: Flagging = Field(default=Flagging(), description="The output repeats the instruction.")
    unfinished: Flagging = Field(default=Flagging(), description="The output breaks off.")
    bare_answer: Flagging = Field(default=Flagging(), description="The output is a word or two.")
    turns_out_of_order: Flagging = Field(
        default=Flagging(), description="User and assistant do not take turns."
    )
    turn_empty: Flagging = Field(default=Flagging(), description="A turn of the conversation says nothing.")
    turn_unanswered: Flagging = Field(
        default=Flagging(), description="The conversation ends with a turn of the user's."
    )
    system_leaked: Flagging = Field(
        default=Flagging(), description="The assistant repeats a sentence of the system prompt."
    )
    too_many_tokens: TooManyTokens = Field(
        default=TooManyTokens(), description="The row has more tokens than a model is to be given."
    )
