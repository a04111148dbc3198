"""Why rows are marked, and the bits of masks that say so."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Reason(str, Enum):
    """Why a rule marked a row; whether a mark rejects or only flags is the recipe's.

    The order is the order of bits in a mask and of names in a list: append, never insert.
    """

    meaning: str
    message: str

    def __new__(cls, name: str, meaning: str, message: str) -> Reason:  # noqa: PYI034 — Self is of Python 3.11
        """Make the member whose value is `name`."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        member.message = message
        return member

    INSTRUCTION_TOO_SHORT = (
        "instruction_too_short",
        "The instruction has fewer characters and tokens than the recipe asks for.",
        "Instruction too short ({instruction_chars} chars)",
    )
    INSTRUCTION_TOO_LONG = (
        "instruction_too_long",
        "The instruction is longer than the recipe takes or, for the flag, takes unmarked.",
        "Instruction too long ({instruction_chars} chars)",
    )
    OUTPUT_EMPTY = (
        "output_empty",
        "There is no output, or too little once white space is stripped.",
        "Output is empty or too short",
    )
    PLACEHOLDER = (
        "placeholder",
        "The output holds placeholder text that nobody filled in.",
        "Output contains placeholder text: {placeholder}",
    )
    LANGUAGE = (
        "language",
        "The instruction's language is not one of those the recipe keeps.",
        "Instruction is in {language} ({language_score:.2f}), which the recipe does not keep",
    )
    NO_END_PUNCTUATION = (
        "no_end_punctuation",
        "The instruction does not end with punctuation.",
        "Instruction doesn't end with punctuation (minor)",
    )
    LANGUAGE_UNDETERMINED = (
        "language_undetermined",
        "The instruction is too short or too mixed to tell its language.",
        "Instruction's language cannot be told",
    )
    LANGUAGE_MISMATCH = (
        "language_mismatch",
        "The output is surely in another language than the instruction.",
        "Output is in {output_language}, instruction in {language}",
    )
    UNREADABLE = (
        "unreadable",
        "The file or row group cannot be read.",
        "Cannot be read: {error}",
    )
    CONTAMINATED = (
        "contaminated",
        "The row holds an example of a benchmark.",
        "Holds {score:.0%} of {benchmark}",
    )
    PROMPT_CAP = (
        "prompt_cap",
        "The recipe keeps fewer answers to one prompt, and others rank higher.",
        "Ranks below {answers} to the same prompt",
    )
    REMOVED = (
        "removed",
        "A takedown list names the row.",
        "Named by a takedown list",
    )
    SLOT_EXPECTED = (
        "slot_expected",
        "The output holds a slot to fill in, as its instruction calls for.",
        "Output holds a slot that its instruction calls for: {placeholder}",
    )
    WRONG_ARITHMETIC = (
        "wrong_arithmetic",
        "The output states a sum with a wrong result.",
        "Output states a sum with a wrong result",
    )
    CONSTRAINT_MISSED = (
        "constraint_missed",
        "The output breaks a length or a form that the instruction asks for.",
        "Output breaks a length or form that the instruction asks for",
    )
    TOO_FEW_ITEMS = (
        "too_few_items",
        "The output lists fewer items than the instruction asks for.",
        "Output lists fewer items than asked for",
    )
    INPUT_MISSING = (
        "input_missing",
        "The instruction speaks of a text that is not there.",
        "Instruction speaks of a text that is not there",
    )
    VAGUE = (
        "vague",
        "The instruction does not say what it is about.",
        "Instruction does not say what it is about",
    )
    REFUSAL = (
        "refusal",
        "The output declines to answer.",
        "Output declines to answer",
    )
    MODEL_IDENTITY = (
        "model_identity",
        "The output speaks of itself as a model.",
        "Output speaks of itself as a model",
    )
    BYPASS_ATTEMPT = (
        "bypass_attempt",
        "The instruction tries to undo the rules a model is given.",
        "Instruction tries to undo the rules a model is given",
    )
    TEMPLATE_DELIMITERS = (
        "template_delimiters",
        "A text holds delimiters of a prompt template.",
        "Holds delimiters of a prompt template",
    )
    SPECIAL_TOKENS = (
        "special_tokens",
        "A text holds special tokens of a tokenizer.",
        "Holds special tokens of a tokenizer",
    )
    ENCODING_DAMAGE = (
        "encoding_damage",
        "A text was damaged by a wrong encoding.",
        "Damaged by a wrong encoding",
    )
    HTML_RESIDUE = (
        "html_residue",
        "The output holds HTML that nobody asked for.",
        "Output holds HTML that nobody asked for",
    )
    PRIVATE_DATA = (
        "private_data",
        "A text holds an address, a number or a key that may be somebody's.",
        "Holds an address, number or key that may be somebody's",
    )
    UNSAFE = (
        "unsafe",
        "A text speaks of doing grave harm.",
        "Speaks of doing grave harm",
    )
    REPETITION = (
        "repetition",
        "The output repeats itself.",
        "Output repeats itself",
    )
    ECHO = (
        "echo",
        "The output repeats the instruction.",
        "Output repeats the instruction",
    )
    UNFINISHED = (
        "unfinished",
        "The output breaks off.",
        "Output breaks off",
    )
    BARE_ANSWER = (
        "bare_answer",
        "The output is a word or two.",
        "Output is a word or two",
    )
    BALANCE = (
        "balance",
        "Its kind has a larger share than the recipe allows, and a seed chose others.",
        "Others of its kind were chosen",
    )
    BELOW_TOP = (
        "below_top",
        "The recipe keeps the rows that score best, and others score better.",
        "Scores below the rows that the recipe keeps",
    )
    TURNS_OUT_OF_ORDER = (
        "turns_out_of_order",
        "User and assistant do not take turns.",
        "User and assistant do not take turns",
    )
    TURN_EMPTY = ("turn_empty", "A turn of the conversation says nothing.", "A turn says nothing")
    TURN_UNANSWERED = (
        "turn_unanswered",
        "The conversation ends with a turn of the user's.",
        "Ends with a turn of the user's",
    )
    SYSTEM_LEAKED = (
        "system_leaked",
        "The assistant repeats a sentence of the system prompt.",
        "Assistant repeats the system prompt",
    )
    TOO_MANY_TOKENS = (
        "too_many_tokens",
        "The row has more tokens than the recipe allows.",
        "More tokens than the recipe allows",
    )

    @property
    def bit(self) -> int:
        """Mask with this reason's bit set."""
        return _BITS[self]


_BITS = {reason: 1 << at for at, reason in enumerate(Reason)}
_FIRST_OWN, OWN_RULES = 40, 24  # the bits from 40 on are those of a recipe's own rules, in its order

NAMES = [reason.value for reason in Reason]
REASONS = {reason.value: reason for reason in Reason}


def own_bit(number: int) -> int:
    """Mask with the bit of an own rule set."""
    return 1 << (_FIRST_OWN + number)


def names_by_bit(own: Sequence[str] = ()) -> list[str]:
    """The reason of each bit, with a recipe's own rules; an empty text for a bit that is nobody's.

    >>> names_by_bit(["too_loud"])[-2:]
    ['', 'too_loud']
    """
    return [*NAMES, *[""] * (_FIRST_OWN - len(NAMES)), *own] if own else NAMES
