"""What each reason or flag says of a row, and the limit of the recipe's behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipelines.escapes import one_line
from pipelines.explain.likeness import number
from pipelines.releases.ledger import Entry
from pipelines.releases.rows import Row
from schemas.example import INPUT, INSTRUCTION, OUTPUT
from schemas.reason import REASONS, Reason
from schemas.recipe import Recipe
from transforms.kernels.rules import InstructionEndsWithout, OutputContains
from transforms.kernels.slots import find_slots

_MOST = 5
"""So many slots are named."""

_FROM_THE_ROW = ("{instruction_chars}", "{placeholder}")


class Case(NamedTuple):
    """A row, what the ledger says of it, and the recipe it was judged by."""

    entry: Entry
    row: Row | None
    recipe: Recipe

    def text(self, role: str) -> str:
        """Text of a field; empty where there is none."""
        return (self.row.fields.get(role) if self.row else None) or ""


def found_placeholders(case: Case) -> list[str]:
    """The slots in the output or, where the recipe goes by them, its placeholder patterns."""
    output = case.text(OUTPUT)
    if case.recipe.placeholders == "literal":
        return OutputContains(tuple(case.recipe.rules.placeholder.patterns)).found(output)
    prompt = f"{case.text(INSTRUCTION)}\n{case.text(INPUT)}"
    return list(dict.fromkeys(output[slot.start : slot.end].strip() for slot in find_slots(prompt, output)))


def tell(name: str, case: Case) -> tuple[str, str]:
    """A sentence on a mark, and the mark's name with what the recipe asks for."""
    reason = REASONS.get(name)
    if reason is None:
        own = {rule.name: (rule.meaning, f"{name}: by {rule.use}") for rule in case.recipe.own}
        return own.get(name, (name, "a mark that this version does not know"))
    detail = _DETAILS[reason](case) if reason in _DETAILS else ""
    return _sentence(reason, case), f"{name}: {detail}" if detail else name


def _sentence(reason: Reason, case: Case) -> str:
    if case.row is None and any(hole in reason.message for hole in _FROM_THE_ROW):
        return reason.meaning
    entry = case.entry
    return reason.message.format(
        instruction_chars=len(case.text(INSTRUCTION)),
        placeholder=", ".join(map(one_line, found_placeholders(case)[:_MOST])),
        language=entry.language,
        language_score=entry.language_score or 0,
        output_language=entry.output_language,
        error=one_line(entry.error or ""),
        score=entry.match_score or 0,
        benchmark=one_line(f"{entry.match_source}/{entry.match_file}:{entry.match_row}"),
        answers=_answers(case),
    )


def _answers(case: Case) -> str:
    most = case.recipe.dedup.max_answers_per_prompt
    return "1 other answer" if most == 1 else f"{most or 'several'} other answers"


def _short(case: Case) -> str:
    rule = case.recipe.rules.instruction_too_short
    tokens = "" if rule.min_tokens is None else f" and under {rule.min_tokens:,} tokens"
    return f"the rule marks what is under {rule.min_chars:,} characters{tokens}"


def _long(case: Case) -> str:
    rule = case.recipe.rules.instruction_too_long
    tokens = "" if rule.max_tokens is None else f" or {rule.max_tokens:,} tokens"
    over = f"over {rule.max_chars:,} characters{tokens} the recipe says {rule.action}"
    return over if rule.flag_over is None else f"{over}, over {rule.flag_over:,} it flags"


def _many_tokens(case: Case) -> str:
    return f"over {case.recipe.rules.too_many_tokens.max_tokens:,} tokens a row is marked"


def _empty(case: Case) -> str:
    least = case.recipe.rules.output_empty.min_chars
    found = f"{len(case.text(OUTPUT).strip()):,} characters once stripped, " if case.row else ""
    return f"{found}at least {least:,} asked for"


def _unwanted(case: Case) -> str:
    language = case.recipe.language
    return f"the recipe keeps {', '.join(language.keep)}, each from a score of {language.min_score:g}"


def _unended(case: Case) -> str:
    rule = case.recipe.rules.no_end_punctuation
    last = InstructionEndsWithout(rule.endings, rule.closings).found(case.text(INSTRUCTION))
    return f'its last character is "{one_line(last)}"' if last else ""


def _untold(case: Case) -> str:
    language, score = case.recipe.language, case.entry.language_score
    if score is None:
        return f"it has fewer than {language.min_letters:,} letters"
    asked = f"at least {language.min_determined_score:g} or an answer in the same language asked for"
    return f"the best score is {score:.2f}, {asked}"


def _held(case: Case) -> str:
    rule, score = case.recipe.rules.contaminated, number(case.entry.match_score or 0)
    return f"the score is {score} by {rule.ngram}-grams, the rule marks from {rule.min_score:g}"


def _capped(case: Case) -> str:
    return f"the recipe keeps {case.recipe.dedup.max_answers_per_prompt or 'all'} of the answers to a prompt"


_DETAILS: dict[Reason, Callable[[Case], str]] = {
    Reason.INSTRUCTION_TOO_SHORT: _short,
    Reason.INSTRUCTION_TOO_LONG: _long,
    Reason.OUTPUT_EMPTY: _empty,
    Reason.LANGUAGE: _unwanted,
    Reason.NO_END_PUNCTUATION: _unended,
    Reason.LANGUAGE_UNDETERMINED: _untold,
    Reason.CONTAMINATED: _held,
    Reason.PROMPT_CAP: _capped,
    Reason.TOO_MANY_TOKENS: _many_tokens,
}
