"""The report's shape: what a release was made of, what was removed and what is left."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from schemas.diversity import (
    Cluster,
    Cost,
    Example,
    Index,
    Mix,
    Pairs,
    Phrasing,
    TaskLength,
    Unreadable,
)
from schemas.frozen import Frozen

REPORT = "report/report.json"
"""Where it stands in a release."""
REPORT_VERSION: Literal[2] = 2


class Scale(Frozen):
    """How much was read and written on disk."""

    files_in: int = Field(description="Input files.")
    bytes_in: int = Field(description="Bytes of the input files.")
    bytes_out: int | None = Field(description="Bytes of the curated files, where they were known.")


class Rows(Frozen):
    """Where every row of the input went; `lost` and the four verdicts below it add up to `found`."""

    found: int = Field(description="Rows in the input, as far as they can be counted.")
    lost: int = Field(description="Rows in files and row groups that cannot be read.")
    rejected: int = Field(description="Rows that a rule rejected.")
    exact_duplicates: int = Field(description="Rows equal to a kept row after normalisation.")
    near_duplicates: int = Field(description="Rows at least as similar to a kept row as the threshold.")
    kept: int = Field(description="Rows of the release.")
    unreadable: int = Field(description="Files and row groups that cannot be read.")
    unreadable_of_unknown_size: int = Field(description="Those of them whose rows cannot be counted.")


class Step(Frozen):
    """A step of the funnel: what it took, and what it left."""

    name: str = Field(
        description="`input`, `unreadable`, a reason, `exact_duplicate`, `near_duplicate` or `kept`."
    )
    meaning: str = Field(description="What the step is, in one sentence.")
    removed: int = Field(
        description="Rows this step removed; a rule counts those it was the first to reject."
    )
    left: int = Field(description="Rows left after it.")


class Rule(Frozen):
    """How many rows a rejecting rule marked."""

    name: str = Field(description="The reason, as the ledger names it.")
    meaning: str = Field(description="What the reason says of a row.")
    all: int = Field(description="Rows it marked.")
    alone: int = Field(description="Rows that it alone marked, so that without it they would have stood.")
    first: int = Field(description="Rows whose first reason it is, in the order of the reasons.")


class Overlap(Frozen):
    """Rows that two rejecting rules marked."""

    one: str = Field(description="A reason, as the ledger names it.")
    other: str = Field(description="Another.")
    rows: int = Field(description="Rows that both marked.")


class Flag(Frozen):
    """How many rows a flagging rule marked."""

    name: str = Field(description="The flag, as the ledger names it.")
    meaning: str = Field(description="What the flag says of a row.")
    all: int = Field(description="Rows it marked.")
    kept: int = Field(description="Kept rows among them.")


class Bin(Frozen):
    """A bar of a histogram."""

    low: float = Field(description="Smallest value in it.")
    high: float = Field(description="Largest value in it.")
    rows: int = Field(description="Rows in it.")


class Lengths(Frozen):
    """Lengths of one field or of the whole, in characters or tokens; null where there are no rows."""

    rows: int = Field(description="Rows measured; of the field `input` only those that have one.")
    total: int = Field(description="Length of all of them together.")
    min: int | None = Field(description="Least length.")
    p5: int | None = Field(
        description="5 % of the rows have at most so many, as of every quantile within 1 %."
    )
    p25: int | None = Field(description="25 % of the rows have at most so many.")
    p50: int | None = Field(description="Half of the rows have at most so many.")
    p75: int | None = Field(description="75 % of the rows have at most so many.")
    p95: int | None = Field(description="95 % of the rows have at most so many.")
    p99: int | None = Field(description="99 % of the rows have at most so many.")
    max: int | None = Field(description="Greatest length.")
    mean: float | None = Field(description="Mean length.")
    histogram: tuple[Bin, ...] = Field(description="Rows by powers of two of the length.")


class TokenLengths(Frozen):
    """Lengths in tokens of each field and of all fields, each counted by itself."""

    instruction: Lengths = Field(description="Tokens of the instruction.")
    input: Lengths = Field(description="Tokens of the input.")
    output: Lengths = Field(description="Tokens of the output.")
    whole: Lengths = Field(description="Tokens of all fields of a row.")


class Corpus(Frozen):
    """Statistics of a set of rows."""

    rows: int = Field(description="Rows in it.")
    characters: int = Field(description="Characters of instruction, input and output together.")
    tokens: int = Field(default=0, description="Tokens of them; `tokenizer` says whose.")
    with_input: int = Field(description="Rows that have an input.")
    without_input: int = Field(description="Rows that have none.")
    instruction: Lengths = Field(description="Characters of the instruction.")
    input: Lengths = Field(description="Characters of the input.")
    output: Lengths = Field(description="Characters of the output.")
    whole: Lengths | None = Field(
        default=None, description="Characters of all fields of a row; null in earlier reports."
    )
    token_lengths: TokenLengths | None = Field(
        default=None, description="The same in tokens; null in earlier reports."
    )


class Share(Frozen):
    """Rows of one kind, such as a verb or a language, by what became of them."""

    name: str | None = Field(description="The kind; null for rows that reached no such judgement.")
    input: int = Field(description="Rows that could be read.")
    rejected: int = Field(description="Rows that a rule rejected.")
    duplicate: int = Field(description="Rows that duplicate a kept one.")
    curated: int = Field(description="Rows kept.")


class SourceShare(Share):
    """Rows of one source by what became of them."""

    unreadable: int = Field(description="Files and row groups that cannot be read.")
    lost: int = Field(description="Rows in them, as far as they can be counted.")


class Clusters(Frozen):
    """Kept rows that stand for others; a cluster is such a row and its duplicates."""

    count: int = Field(description="Clusters.")
    rows: int = Field(description="Rows in them, the kept ones included.")
    largest: int | None = Field(description="Rows of the largest.")
    sizes: tuple[Bin, ...] = Field(description="Clusters by powers of two of their size.")


class WhatIf(Frozen):
    """What another threshold would have left, the survivors chosen anew."""

    threshold: float = Field(description="Similarity from which rows would be near duplicates.")
    fallen: int = Field(description="Distinct contents that would fall to a similar row.")
    kept: int = Field(description="Rows that would be kept.")


class ToReference(Frozen):
    """Rows that fell to those of a reference set."""

    name: str = Field(description="Name of the set.")
    exact: int = Field(description="Rows equal to one of its rows.")
    near: int = Field(description="Rows similar to one of its rows.")


class Duplicates(Frozen):
    """What deduplication found."""

    exact: int = Field(description="Rows equal to a kept row after normalisation.")
    near: int = Field(description="Rows at least as similar to a kept row as the threshold.")
    similarity: tuple[Bin, ...] = Field(description="Near duplicates by exact similarity, in hundredths.")
    clusters: Clusters = Field(description="Sizes of the clusters.")
    largest: tuple[Cluster, ...] = Field(default=(), description="The largest clusters.")
    what_if: tuple[WhatIf, ...] = Field(
        default=(), description="What other thresholds would have left, from the least that is stored."
    )
    references: tuple[ToReference, ...] = Field(
        default=(), description="Rows that fell to reference sets, by the set's name."
    )


class Prompts(Frozen):
    """Prompts of the rows that no rule rejected and no reference equals, and their distinct answers."""

    all: int = Field(description="Distinct prompts.")
    conflicting: int = Field(description="Prompts with more than one distinct answer.")
    answers: int = Field(description="Answers to those.")
    largest: int | None = Field(description="Most answers to one prompt; null where none has several.")
    sizes: tuple[Bin, ...] = Field(
        default=(), description="Prompts of several answers by powers of two of these."
    )


class Drift(Frozen):
    """How far a measure moved; `value`, `before` and `after` are of what moved most, null if nothing did."""

    measure: str = Field(description="What is compared: kept rows by this; of `outcomes`, all rows.")
    jensen_shannon_divergence: float = Field(description="Jensen-Shannon divergence, in bits.")
    infinity_norm: float = Field(description="Most that the share of one value moved.")
    population_stability_index: float = Field(
        description="Population stability index, where a share counts as 0.0001 at least."
    )
    value: str | None = Field(description="The value whose share moved most.")
    before: float | None = Field(description="Its share before.")
    after: float | None = Field(description="Its share now.")


class Moved(Frozen):
    """What moved since the release before."""

    release: str = Field(description="Name of the release before.")
    digest: str = Field(description="Its digest.")
    kept_before: int = Field(description="Rows it kept.")
    kept: int = Field(description="Rows kept now.")
    stayed: int | None = Field(
        description="Rows kept in both, by record id; null where exact duplicates were not looked for."
    )
    entered: int | None = Field(description="Rows kept now that were not.")
    left: int | None = Field(description="Rows that were kept and are not now.")
    drift: tuple[Drift, ...] = Field(description="How far each measure moved.")


class Report(Frozen):
    """The aggregate report of a release; the same for the same rows, whatever ran it and when."""

    version: Literal[1, 2] = Field(
        default=REPORT_VERSION, description="Version of this shape; version 1 has less in it."
    )
    release: str = Field(description="Name of the release.")
    tamis: str = Field(description="Version of Tamis.")
    profile: str = Field(description="Name of the recipe's profile.")
    threshold: float | None = Field(
        description="Similarity from which rows are duplicates; null where not looked for."
    )
    tokenizer: str | None = Field(
        default=None,
        description="Digest of the tokenizer that counts tokens; null: one for every four characters.",
    )
    digest: str | None = Field(description="Digest over the ordered rows, where it was known.")
    content_digest: str | None = Field(description="Digest of what is kept in any order, where it was known.")
    scale: Scale = Field(description="Files and bytes.")
    rows: Rows = Field(description="Where every row went.")
    funnel: tuple[Step, ...] = Field(description="The same, step by step.")
    rules: tuple[Rule, ...] = Field(description="Rejecting rules, in the order of the reasons.")
    overlaps: tuple[Overlap, ...] = Field(
        default=(), description="Each two rejecting rules that marked a row together, the commonest first."
    )
    flags: tuple[Flag, ...] = Field(description="Flags, in the order of the reasons.")
    input: Corpus = Field(description="Rows that could be read.")
    curated: Corpus = Field(description="Rows kept.")
    sources: tuple[SourceShare, ...] = Field(description="Rows by source, the largest first.")
    verbs: tuple[Share, ...] = Field(description="Rows by task verb, the commonest first.")
    categories: tuple[Share, ...] = Field(description="Rows by task category, the commonest first.")
    difficulties: tuple[Share, ...] = Field(
        default=(), description="Rows by difficulty, the commonest first."
    )
    domains: tuple[Share, ...] = Field(default=(), description="Rows by domain, the commonest first.")
    languages: tuple[Share, ...] = Field(
        description="Rows by the instruction's language, the commonest first."
    )
    output_languages: tuple[Share, ...] = Field(
        description="Rows by the output's language, the commonest first."
    )
    duplicates: Duplicates = Field(description="What deduplication found.")
    prompts: Prompts | None = Field(
        default=None,
        description="Prompts and their answers; null where none is, or duplicates were not looked for.",
    )
    mix: Mix | None = Field(default=None, description="How sources, languages and tasks stand together.")
    indices: tuple[Index, ...] = Field(default=(), description="How even each mix is, before and after.")
    costs: tuple[Cost, ...] = Field(default=(), description="What each step took of each kind of row.")
    pairs: Pairs | None = Field(default=None, description="Pairs of verb and noun.")
    task_lengths: tuple[TaskLength, ...] = Field(default=(), description="Mean lengths by verb.")
    phrasing: tuple[Phrasing, ...] = Field(default=(), description="How instructions are worded.")
    examples: tuple[Example, ...] = Field(default=(), description="A few rows for each mark.")
    unreadable: tuple[Unreadable, ...] = Field(
        default=(), description="Files and row groups that cannot be read, the first fifty."
    )
    licence: str | None = Field(default=None, description="Licence of the rows, as the recipe states it.")
    moved: Moved | None = Field(
        default=None, description="What moved since the release before; null where the run followed none."
    )
    failures: tuple[str, ...] = Field(
        default=(), description="Limits of the recipe's gate that are not kept to; they hold the release."
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema of `report.json`."""
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
