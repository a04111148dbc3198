"""What rules, languages and tags say of the rows of a slice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import JUDGEMENT, PROMPTED
from transforms.kernels import language
from transforms.kernels.containment import Index
from transforms.kernels.difficulty import DIFFICULTIES
from transforms.kernels.marks import Marks
from transforms.kernels.openings import find_openings
from transforms.kernels.own_rules import apply_own
from transforms.kernels.own_tagger import tag_rows
from transforms.kernels.prompt_findings import Models, look_at_prompts
from transforms.kernels.quality_marks import mark_quality
from transforms.kernels.rules import mark_rows
from transforms.kernels.scores import score_rows
from transforms.kernels.slots import mark_slots
from transforms.kernels.tasks import PromptTags, Tasks
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import Counter
from transforms.kernels.token_rules import Tokens, mark_tokens
from transforms.kernels.turn_rules import mark_turns
from transforms.kernels.turns import Spoken
from transforms.steps.benchmarks import compare


def judge(
    said: tuple[Texts, Spoken | None],
    position: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    models: Models,
    benchmarks: Index | None,
) -> pa.Table:
    """JUDGEMENT of a slice: its texts and turns, and its position (row groups and rows)."""
    (texts, turns), rows = said, len(said[0].output)
    prompts = look_at_prompts(texts, recipe, models)
    tagged = tag_rows(recipe, PromptTags(*(prompts[name] for name in PromptTags._fields)), texts)
    asked, answered, spoken = _languages(prompts, texts.output, recipe, models.language)
    tokens = _count_tokens(prompts, texts.output, models.tokens)
    held, matches = compare(texts, recipe, benchmarks)
    found = [spoken, held, *_mark(recipe, texts, turns, tokens)]
    reasons, flags = (np.bitwise_or.reduce([marks[at] for marks in found]) for at in (0, 1))
    lengths = {role: pc.utf8_length(text).cast(pa.int64()) for role, text in texts._asdict().items()}
    columns = {
        "row_group": position[0],
        "row": position[1],
        "reasons": reasons,
        "flags": flags,
        "language": asked.codes,
        "output_language": answered.codes,
        **{name: prompts[name] for name in PROMPTED.names},
        "output_tokens": pa.nulls(rows, pa.int64()) if tokens is None else tokens.output,
        **tagged._asdict(),
        "template": _templates(texts, recipe),
        "score": _score(reasons | flags, lengths["output"], asked, tagged),
        **{f"{role}_chars": chars for role, chars in lengths.items()},
        **matches,
        "rows_lost": pa.nulls(rows, pa.int64()),
        "error": pa.nulls(rows, pa.string()),
    }
    return pa.table(columns, schema=JUDGEMENT)


def _mark(recipe: Recipe, texts: Texts, turns: Spoken | None, tokens: Tokens | None) -> Iterator[Marks]:
    """What rules say of rows, each by itself."""
    for mark in (mark_rows, mark_slots, mark_quality, apply_own):
        yield mark(recipe, texts)
    if turns is not None:
        yield mark_turns(recipe, turns)
    if tokens is not None:
        yield mark_tokens(recipe, tokens)


def _count_tokens(
    prompts: pa.RecordBatch, outputs: pa.LargeStringArray, counter: Counter | None
) -> Tokens | None:
    """Tokens of each field of some rows."""
    if counter is None:
        return None
    asked, given = (prompts[name].to_numpy() for name in ("instruction_tokens", "input_tokens"))
    return Tokens(asked, given, counter.count(outputs))


def _templates(texts: Texts, recipe: Recipe) -> pa.StringArray:
    """How each instruction begins, where the recipe goes by it."""
    if recipe.balance is not None and recipe.balance.by_template:
        return find_openings(texts.instruction)
    return pa.nulls(len(texts.output), pa.string())


def _score(marks: np.ndarray, chars: pa.Int64Array, asked: language.Languages, tagged: Tasks) -> np.ndarray:
    """Score of each row; a difficulty that the tagger does not tell is simple."""
    level = pc.fill_null(pc.index_in(tagged.difficulty, value_set=pa.array(DIFFICULTIES)), 0).to_numpy()
    return score_rows(marks, chars.to_numpy(), asked.scores.to_numpy(zero_copy_only=False), level)


def _languages(
    prompts: pa.RecordBatch, outputs: pa.LargeStringArray, recipe: Recipe, model: str | None
) -> tuple[language.Languages, language.Languages, Marks]:
    """Languages of instruction and output, and what the language rules say of them."""
    likeliest, scores = prompts["likeliest"], prompts["language_score"]
    if model is None:
        untold = language.Languages(likeliest, likeliest, scores)
        return untold, untold, Marks.none(len(outputs))
    answered = language.identify(language.load_model(model), outputs, recipe)
    asked, answered = language.agree(language.tell(likeliest, scores, recipe), answered)
    return asked, answered, language.mark_languages(recipe, asked, answered)
