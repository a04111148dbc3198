"""The rules of a recipe: what each marks, and what a marked row gets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.reason import Reason
from schemas.recipe.fields import LONGEST_NGRAM, Action, Count, Positive, Section, Share, Text, Texts

CLOSINGS = "\"')]}*_`»›”’」』）］｝】》〉"  # noqa: RUF001 the marks of other scripts are meant
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


class PrivateData(Section):
    """What is done with rows that hold private data."""

    action: Literal["reject", "flag", "mask", "off"] = Field(
        default="flag",
        description="What a marked row gets: reject, flag or off; mask flags it and masks what it found.",
    )


def _flags(reason: Reason, rule: Section | None = None) -> Any:
    """The field of a rule that only flags; what it says of a row is said with its reason."""
    return Field(default=rule or Flagging(), description=reason.meaning)


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
    closings: str = Field(
        default=CLOSINGS,
        description="White space and these are looked past, as a closing quote; if empty, nothing is.",
    )


class Contaminated(Rule):
    """How much of a benchmark's example a row has to hold."""

    ngram: Annotated[int, Field(ge=2, le=LONGEST_NGRAM)] = Field(
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
    language_undetermined: Flagging = _flags(Reason.LANGUAGE_UNDETERMINED)
    language_mismatch: Flagging = _flags(Reason.LANGUAGE_MISMATCH)
    contaminated: Contaminated = Field(
        default=Contaminated(),
        description="The row holds an example of one of the `benchmarks`.",
    )
    slot_expected: Flagging = _flags(Reason.SLOT_EXPECTED)
    wrong_arithmetic: Flagging = _flags(Reason.WRONG_ARITHMETIC)
    constraint_missed: Flagging = _flags(Reason.CONSTRAINT_MISSED)
    too_few_items: Flagging = _flags(Reason.TOO_FEW_ITEMS)
    input_missing: Flagging = _flags(Reason.INPUT_MISSING)
    vague: Flagging = _flags(Reason.VAGUE)
    refusal: Flagging = _flags(Reason.REFUSAL)
    model_identity: Flagging = _flags(Reason.MODEL_IDENTITY)
    bypass_attempt: Flagging = _flags(Reason.BYPASS_ATTEMPT)
    template_delimiters: Flagging = _flags(Reason.TEMPLATE_DELIMITERS)
    special_tokens: Flagging = _flags(Reason.SPECIAL_TOKENS)
    encoding_damage: Flagging = _flags(Reason.ENCODING_DAMAGE)
    html_residue: Flagging = _flags(Reason.HTML_RESIDUE)
    private_data: PrivateData = _flags(Reason.PRIVATE_DATA, PrivateData())
    unsafe: Flagging = _flags(Reason.UNSAFE)
    repetition: Flagging = _flags(Reason.REPETITION)
    echo: Flagging = _flags(Reason.ECHO)
    unfinished: Flagging = _flags(Reason.UNFINISHED)
    bare_answer: Flagging = _flags(Reason.BARE_ANSWER)
    turns_out_of_order: Flagging = _flags(Reason.TURNS_OUT_OF_ORDER)
    turn_empty: Flagging = _flags(Reason.TURN_EMPTY)
    turn_unanswered: Flagging = _flags(Reason.TURN_UNANSWERED)
    system_leaked: Flagging = _flags(Reason.SYSTEM_LEAKED)
    too_many_tokens: TooManyTokens = _flags(Reason.TOO_MANY_TOKENS, TooManyTokens())

    @property
    def masks(self) -> bool:
        """Whether private data is masked in the rows that are written."""
        return self.private_data.action == "mask"
