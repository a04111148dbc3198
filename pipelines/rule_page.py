"""The page on rules and tags, made from their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.phrases import listed, load_phrases

_HEAD = """# Rules and tags

This page is made from the definitions that the program goes by;
`python -m pytest tests/pipelines/test_rule_page.py --update-golden` makes it anew. Words are in
`transforms/kernels/phrases/`, in files that anyone can extend.
"""

_SLOTS = """
## Placeholders

`placeholders: precise` looks for these shapes. A slot that the instruction calls for (a letter, a form,
an exercise, what only the reader can fill in) is flagged `slot_expected`; any other is a `placeholder`.
`placeholders: literal` looks for the article's four texts.
"""

_DIFFICULTY = """
## Difficulty

One point for an answer of over {some:,} characters and one more over {many:,} (a character of Chinese,
Japanese or Thai counts as 2.5); one for an instruction of {few} words and one more from {more}; one for
a question that begins with how or asks why, for a role to keep up, and for one of these verbs:
{deep}. One less for {light}.
From {moderate} points on an instruction is moderate, from {complex} complex.
"""

_SCORE = """
## Score

`score` is a number from 0 to 1,000: {start}, up to {length} for the output's length (by its logarithm,
full at {full:,} characters), up to {language} for the score of the instruction's language, up to
{difficulty} for difficulty, less what each mark costs. Losing a mark, or gaining in anything else, never
lowers it. `dedup: {{order: score}}` lets the better of two duplicates survive, `--top N` keeps the best.
A mark costs:
"""


def rule_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD, *_reasons(), *_slots(), *_signals(), *_private(), *_tasks()]
    return "\n".join(parts).rstrip() + "\n"


def _code(text: str) -> str:
    """Text as inline code on one line, whatever backticks are in it.

    >>> _code("a|b"), _code("```"), _code("`` b")
    ('`a|b`', '`` ``` ``', '``` `` b ```')
    """
    shown = text.replace("\n", "\u21b5")
    there = {len(run) for run in re.findall("`+", shown)}
    fence = next("`" * width for width in count(2) if width not in there) if there else "`"
    space = " " if there else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _cell(texts: Iterable[str]) -> str:
    """Texts as inline code in a cell of a table, where even there a bar has to be escaped."""
    return ", ".join(map(_code, texts)).replace("|", "\\|")


def _reasons() -> Iterator[str]:
    measured = load_phrases("measured")
    rules, rows = measured["rules"], measured["rows"]
    yield "## Reasons and flags\n"
    yield f"Firing rates are of {rows:,} rows of public data, by the default profile. Of the rows that"
    yield "a rule marks, up to 50 were read (all that differ where there are fewer, conversations among"
    yield "them); where none was, nothing is known of how often it is wrong.\n"
    yield "| name | by default | marks a row when | rows marked | wrong of those read |"
    yield "|---|---|---|---|---|"
    for reason in Reason:
        rule = getattr(Recipe().rules, reason.value, None)
        found: Mapping[str, Any] = rules.get(reason.value, {})
        rate = f"{found['marked'] / rows:.2%}" if "marked" in found else ""
        wrong = f"{found['wrong']} of {found['read']}" if "read" in found else ""
        action = "is off" if rule and rule.action == "off" else f"{rule.action}s" if rule else "rejects"
        yield f"| `{reason.value}` | {action} | {reason.meaning} | {rate} | {wrong} |"


def _slots() -> Iterator[str]:
    data = load_phrases("placeholders")
    yield _SLOTS
    yield "| shape | what it is | slots | none |"
    yield "|---|---|---|---|"
    for name, shape in data["shapes"].items():
        slots, others = (_cell(shape[kind]) for kind in ("slots", "others"))
        yield f"| {name} | {shape['meaning']} | {slots} | {others} |"


def _signals() -> Iterator[str]:
    yield "\n## Signals of quality\n"
    yield "Examples are instruction \u2016 output, or instruction \u2016 input \u2016 output.\n"
    reasons = {reason.value: reason for reason in Reason}
    for name, signal in load_phrases("quality")["signals"].items():
        yield f"### {name}\n"
        yield f"{reasons[name].meaning} {signal['limits']}\n"
        yield from (f"- marks {_code(_row(line))}" for line in signal["marks"])
        yield from (f"- passes {_code(_row(line))}" for line in signal["passes"])
        yield ""


def _private() -> Iterator[str]:
    yield "## Private data\n"
    yield "With the action `mask` a label stands in the written row in place of what was found.\n"
    yield "| kind | what it is | label | finds | leaves |"
    yield "|---|---|---|---|---|"
    for name, kind in load_phrases("private")["kinds"].items():
        finds, leaves = (_cell(kind[side]) for side in ("finds", "leaves"))
        yield f"| {name} | {kind['about']} | `{kind['label']}` | {finds} | {leaves} |"
    yield ""


def _row(line: str) -> str:
    """An example, its fields parted as on the page; an output behind two bars may have some of its own."""
    asked, double, answered = line.partition(" || ")
    return f"{asked} \u2016 {answered}" if double else line.replace(" | ", " \u2016 ")


def _tasks() -> Iterator[str]:
    yield "## Tasks\n"
    yield "The first decision of `decisions.yaml` that holds gives the category; `tamis explain` names it.\n"
    yield "| category | what is asked for |"
    yield "|---|---|"
    yield from (f"| {name} | {about} |" for name, about in load_phrases("decisions")["categories"].items())
    verbs = load_phrases("tasks")["verbs"]
    yield "\n| verb | category unless a decision says otherwise | words |"
    yield "|---|---|---|"
    for lemma, verb in verbs.items():
        words = listed(verb["words"])
        shown = ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")
        yield f"| {lemma} | {verb['category']} | {shown} |"
    yield "\nTags of one's own: [own-rules.md](own-rules.md).\n"
    yield from _levels()
    yield "## Domains\n\n| domain | what it is about |\n|---|---|"
    yield from (f"| {name} | {domain['about']} |" for name, domain in load_phrases("domains").items())
    yield "| other | none of these |"
    yield from _score()


def _levels() -> Iterator[str]:
    data = load_phrases("difficulty")
    (some, many), (few, more) = data["answer_chars"], data["instruction_words"]
    deep, light = (", ".join(listed(data[name])) for name in ("deep", "light"))
    levels = {"moderate": data["moderate_from"], "complex": data["complex_from"]}
    yield _DIFFICULTY.format(some=some, many=many, few=few, more=more, deep=deep, light=light, **levels)


def _score() -> Iterator[str]:
    data = load_phrases("scores")
    plain = {name: data[name] for name in ("start", "length", "language", "difficulty")}
    yield _SCORE.format(full=data["full_length"], **plain)
    yield ", ".join(f"`{name}` {cost}" for name, cost in data["costs"].items()) + "."
