"""The recipe: what a run reads, marks, drops and writes; strict, frozen, in one YAML file."""

from __future__ import annotations

from schemas.recipe.dedup import Bands, Dedup, Shingles
from schemas.recipe.errors import RecipeError
from schemas.recipe.fields import Action
from schemas.recipe.gate import Drift, Gate, Measure, Rejected
from schemas.recipe.languages import LANGUAGE_CODES
from schemas.recipe.load import built_in, load_recipe, override, unjudged
from schemas.recipe.model import (
    PROFILES,
    Benchmark,
    Columns,
    FileSet,
    Language,
    Output,
    Recipe,
    Reference,
    Source,
    json_schema,
    judging_key,
    to_dict,
)
from schemas.recipe.render import render
from schemas.recipe.rules import (
    Contaminated,
    Flagging,
    InstructionTooLong,
    InstructionTooShort,
    NoEndPunctuation,
    OutputEmpty,
    Placeholder,
    Rule,
    Rules,
)

__all__ = [
    "LANGUAGE_CODES",
    "PROFILES",
    "Action",
    "Bands",
    "Benchmark",
    "Columns",
    "Contaminated",
    "Dedup",
    "Drift",
    "FileSet",
    "Flagging",
    "Gate",
    "InstructionTooLong",
    "InstructionTooShort",
    "Language",
    "Measure",
    "NoEndPunctuation",
    "Output",
    "OutputEmpty",
    "Placeholder",
    "Recipe",
    "RecipeError",
    "Reference",
    "Rejected",
    "Rule",
    "Rules",
    "Shingles",
    "Source",
    "built_in",
    "json_schema",
    "judging_key",
    "load_recipe",
    "override",
    "render",
    "to_dict",
    "unjudged",
]
