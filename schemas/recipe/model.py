"""The recipe's keys, what each means, and their defaults, which are the profile `default`.

Descriptions are the one source of the YAML comments and of the JSON Schema.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from schemas.example import INPUT, INSTRUCTION, OUTPUT
from schemas.recipe.fields import Codes, Count, Globs, Positive, Section, Share, Text, freeze
from schemas.recipe.rules import Rules

Profile = Literal["default", "article"]

PROFILES: tuple[str, ...] = get_args(Profile)
"""Names of the built-in profiles."""


class Columns(Section):
    """The columns that hold a source's examples."""

    instruction: Text = Field(default=INSTRUCTION, description="Column that holds the instruction.")
    input: Text = Field(default=INPUT, description="Column that holds the input, where there is one.")
    output: Text = Field(default=OUTPUT, description="Column that holds the output.")

    @model_validator(mode="after")
    def _read_once(self) -> Columns:
        column, times = Counter(self.model_dump().values()).most_common(1)[0]
        if times > 1:
            fields = [field for field, read in self if read == column]
            message = f'must name different columns, found "{column}" as {" and ".join(fields)}'
            raise ValueError(message)
        return self


class Source(Section):
    """One set of input files that are alike."""

    name: Text = Field(description="Name of the source in the ledger and the report.")
    input: Globs = Field(description="Globs of its Parquet files, one or a list.")
    columns: Columns = Field(default=Columns(), description="Its columns that hold each part of an example.")
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = Field(
        default=0,
        description="Of two duplicates, the one of higher priority survives.",
    )
    max_rows: Positive | None = Field(
        default=None,
        description="Only the first so many rows are read; null reads all.",
    )


class Language(Section):
    """How the languages of a row are told, and which are kept."""

    enabled: bool = Field(default=True, description="Whether to identify languages at all.")
    keep: Codes = Field(
        default=(),
        description="Languages to keep, as codes that lid.176 gives; [] keeps them all.",
    )
    min_score: Share = Field(
        default=0.65,
        description="Least score, from 0 to 1, at which a language in `keep` counts.",
    )
    min_letters: Count = Field(
        default=20,
        description="With fewer letters than this a text's language is undetermined.",
    )
    min_determined_score: Share = Field(
        default=0.5,
        description="With a lower score than this a text's language is undetermined.",
    )
    max_chars: Positive = Field(
        default=1000,
        description="Only the first so many characters of a text are looked at.",
    )
    model: Text | None = Field(
        default=None,
        description="Path of lid.176.ftz or lid.176.bin; null looks in the usual places.",
    )


class Dedup(Section):
    """Which rows are duplicates of each other, and which of them survives."""

    exact: bool = Field(default=True, description="Whether to drop rows equal after normalisation.")
    near: bool = Field(default=True, description="Whether to drop rows nearly equal to one that is kept.")
    threshold: Annotated[float, Field(ge=0.3, le=1, allow_inf_nan=False)] = Field(
        default=0.8,
        description="Least similarity, from 0.3 to 1, of near duplicates.",
    )
    similarity: Literal["parts", "joined"] = Field(
        default="parts",
        description="Of prompt and output the less alike (parts), or of one text (joined).",
    )
    order: Literal["longest_output", "first_seen"] = Field(
        default="longest_output",
        description="Which of equal priority survives: longest_output or first_seen.",
    )


class Output(Section):
    """How many curated files there are, and what is written beside them."""

    shards: Annotated[int, Field(ge=1, le=99_999)] | None = Field(
        default=None,
        description="Number of curated files; null plans it from the size of the input.",
    )
    save_rejects: bool = Field(
        default=False,
        description="Whether to write rejected and duplicate rows in full, too.",
    )


class Recipe(Section):
    """Recipe of a Tamis run; a key left out has its profile's value."""

    profile: Profile = Field(
        default="default",
        description="Built-in recipe that fills in what this one leaves out: default or article.",
    )
    sources: Annotated[tuple[Source, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Where rows come from; leave it empty and name files with `--input`.",
        examples=[[{"name": "books", "input": ["books/*.parquet"]}]],
    )
    rules: Rules = Field(
        default=Rules(),
        description="Rules mark rows; a row carries every mark that applies, and one that rejects is enough.",
    )
    language: Language = Field(
        default=Language(),
        description="Language identification, of instruction and output apart.",
    )
    tagger: Literal["first_verb"] = Field(
        default="first_verb",
        description="How a row's task is told: first_verb looks for a known verb in the first five words.",
    )
    dedup: Dedup = Field(
        default=Dedup(),
        description="Duplicates: among rows alike, the one that ranks highest is kept.",
    )
    output: Output = Field(default=Output(), description="Curated files, and what is written beside them.")

    @field_validator("sources")
    @classmethod
    def _named_apart(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        names = Counter(source.name for source in sources)
        twice = [f'"{name}"' for name, times in names.items() if times > 1]
        if twice:
            message = f"must have names that differ, found more than one source named {', '.join(twice)}"
            raise ValueError(message)
        return sources


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Give plain JSON values of a recipe, in the order of its keys.

    >>> to_dict(Recipe())["output"]
    {'shards': None, 'save_rejects': False}
    """
    return recipe.model_dump(mode="json")


def judging_key(recipe: Recipe) -> dict[str, Any]:
    """Give plain JSON values of the parts that decide how a row on its own is judged.

    >>> list(judging_key(Recipe()))
    ['rules', 'language', 'tagger']
    """
    return recipe.model_dump(mode="json", include={"rules", "language", "tagger"})


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a recipe file, for editors.

    >>> json_schema()["additionalProperties"]
    False
    """
    schema = Recipe.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
