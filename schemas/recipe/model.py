"""The recipe's keys, what each means, and their defaults, which are the profile `default`.

Descriptions are the one source of the YAML comments and of the JSON Schema.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.recipe.choice import Balance
from schemas.recipe.dedup import Dedup
from schemas.recipe.fields import Codes, Count, Globs, Positive, Section, Share, Text, freeze
from schemas.recipe.gate import Gate, unknown_reason
from schemas.recipe.own import OwnRule, told_apart
from schemas.recipe.rules import Rules

Profile = Literal["default", "article", "fineweb", "data-juicer", "nemo", "text-dedup"]

PROFILES: tuple[str, ...] = get_args(Profile)
"""Names of the built-in profiles."""


class Columns(Section):
    """The columns that hold a source's examples; those not named are found by the names that are usual."""

    instruction: Text | None = Field(default=None, description="Column that holds the instruction.")
    input: Text | None = Field(default=None, description="Column that holds the input, where there is one.")
    output: Text | None = Field(default=None, description="Column that holds the output.")
    system: Text | None = Field(default=None, description="Column that holds a system prompt.")
    turns: Text | None = Field(default=None, description="Column that holds the turns of a conversation.")
    tools: Text | None = Field(default=None, description="Column that holds the tools it may call.")

    @property
    def named(self) -> dict[str, str]:
        """The columns that are named, by what they hold."""
        return {role: column for role, column in self if column is not None}

    @model_validator(mode="after")
    def _read_once(self) -> Columns:
        column, times = Counter(self.named.values() or [""]).most_common(1)[0]
        if times > 1:
            fields = [field for field, read in self if read == column]
            message = f'must name different columns, found "{column}" as {" and ".join(fields)}'
            raise ValueError(message)
        return self


class FileSet(Section):
    """Input files that are alike."""

    name: Text = Field(description="Name of the set in the ledger and the report.")
    input: Globs = Field(description="Globs of its Parquet or JSON Lines files, one or a list; or a folder.")
    format: Text | None = Field(
        default=None,
        description="Schema of its examples, such as alpaca, messages or sharegpt; null detects it.",
    )
    split: Text | None = Field(
        default=None,
        description="Split that its rows are of; of a folder the one to read, and null reads them all.",
    )
    columns: Columns = Field(default=Columns(), description="Its columns that hold each part of an example.")


class Source(FileSet):
    """One set of input files."""

    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = Field(
        default=0,
        description="Of two duplicates, the one of higher priority survives.",
    )
    max_rows: Positive | None = Field(
        default=None,
        description="Only the first so many rows are read; null reads all.",
    )


class Reference(FileSet):
    """A set of files that rows are compared with, and that is never written."""


class Benchmark(FileSet):
    """A set of examples that models are tested on; it needs no output."""


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
        description="With fewer letters a text's language is undetermined; a Chinese one counts as three.",
    )
    min_determined_score: Share = Field(
        default=0.5,
        description="With a lower score, too, unless the row's other text is surely in that language.",
    )
    max_chars: Positive = Field(
        default=1000,
        description="Only the first so many characters of a text are looked at.",
    )
    model: Text | None = Field(
        default=None,
        description="Path of lid.176.ftz or lid.176.bin; null looks in the usual places.",
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
        description="Built-in recipe that fills in what this one leaves out: default, article or a peer's.",
    )
    sources: Annotated[tuple[Source, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Where rows come from; leave it empty and name files with `--input`.",
        examples=[[{"name": "books", "input": ["books/*.parquet"]}]],
    )
    references: Annotated[tuple[Reference, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Sets that outrank every row, such as earlier releases: a row like one of theirs falls.",
        examples=[[{"name": "earlier", "input": ["releases/1/curated/*.parquet"]}]],
    )
    benchmarks: Annotated[tuple[Benchmark, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Sets that models are tested on: a row that holds one of theirs is `contaminated`.",
        examples=[[{"name": "gsm8k", "input": ["gsm8k/test*.parquet"]}]],
    )
    rules: Rules = Field(
        default=Rules(),
        description="Rules mark rows; a row carries every mark that applies, and one that rejects is enough.",
    )
    own: Annotated[tuple[OwnRule, ...], BeforeValidator(freeze), AfterValidator(told_apart)] = Field(
        default=(),
        description="Rules of your own: functions on Arrow columns that mark rows.",
        examples=[[{"name": "too_loud", "use": "my_rules:too_loud", "meaning": "It is all capitals."}]],
    )
    language: Language = Field(
        default=Language(),
        description="Language identification, of instruction and output apart.",
    )
    placeholders: Literal["precise", "literal"] = Field(
        default="precise",
        description="How placeholders are told: precise looks for unfilled slots, literal for `patterns`.",
    )
    tagger: Literal["phrases", "first_verb"] = Field(
        default="phrases",
        description="phrases: anywhere in the instruction; first_verb: one of 15 among its first five words.",
    )
    own_tagger: Text | None = Field(
        default=None,
        description="A tagger of your own, MODULE:FUNCTION or an entry point of tamis.taggers, or null.",
    )
    tokenizer: Text | None = Field(
        default=None,
        description="Path of a Hugging Face tokenizer.json to count tokens by; null: four characters each.",
    )
    turns: Literal["first", "all"] = Field(
        default="first",
        description="Which user turns of a conversation the rules take for its instruction: first or all.",
    )
    dedup: Dedup = Field(
        default=Dedup(),
        description="Duplicates: among rows alike, the one that ranks highest is kept.",
    )
    balance: Balance | None = Field(
        default=None,
        description="Caps the share of one kind of row among those that would be kept; null caps none.",
        examples=[{"by": "category", "max_share": 0.3}],
    )
    top: Positive | None = Field(
        default=None,
        description="Of the rows that would be kept, only so many that score best stay; null keeps all.",
    )
    gate: Gate = Field(
        default=Gate(),
        description="What a release must be like to be published; else it is held, exit code 3.",
    )
    license: Text | None = Field(
        default=None,
        description="Licence of the rows as the Hub names it, such as cc-by-4.0, for the dataset card.",
        examples=["cc-by-4.0"],
    )
    output: Output = Field(default=Output(), description="Curated files, and what is written beside them.")

    @model_validator(mode="after")
    def _limits_known(self) -> Recipe:
        """Refuse a limit of the gate on what no rule is called."""
        own = [rule.name for rule in self.own]
        for at, limit in enumerate(self.gate.max_rejected):
            problem = unknown_reason(limit.reason, own)
            if problem is not None:
                raise ValueError(f"`gate.max_rejected[{at}].reason` {problem}")
        return self

    @model_validator(mode="after")
    def _named_apart(self) -> Recipe:
        """Refuse names given twice; the message names the keys, which pydantic cannot tell here."""
        sets: dict[str, tuple[FileSet, ...]] = {
            "sources": self.sources,
            "references": self.references,
            "benchmarks": self.benchmarks,
        }
        times = Counter(one.name for several in sets.values() for one in several)
        twice = [name for name in times if times[name] > 1]
        keys = [f"`{key}`" for key, several in sets.items() if any(one.name in twice for one in several)]
        if twice:
            quoted = ", ".join(f'"{name}"' for name in twice)
            raise ValueError(
                f"{' and '.join(keys)} must have names that differ, found more than one named {quoted}"
            )
        return self


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Give plain JSON values of a recipe, in the order of its keys.

    >>> to_dict(Recipe())["output"]
    {'shards': None, 'save_rejects': False}
    """
    return recipe.model_dump(mode="json")


_JUDGING = {"rules", "own", "language", "placeholders", "tagger", "own_tagger", "tokenizer", "turns"}


def judging_key(recipe: Recipe) -> dict[str, Any]:
    """Give plain JSON values of the parts that decide how a row on its own is judged.

    >>> list(judging_key(Recipe()))
    ['rules', 'own', 'language', 'placeholders', 'tagger', 'own_tagger', 'tokenizer', 'turns']
    """
    return recipe.model_dump(mode="json", include=_JUDGING)


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a recipe file, for editors.

    >>> json_schema()["additionalProperties"]
    False
    """
    schema = Recipe.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
