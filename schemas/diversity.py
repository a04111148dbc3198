"""The part of the report that is about diversity: what meets what, what each filter took of it, examples."""

from __future__ import annotations

from pydantic import Field

from schemas.frozen import Frozen


class Mix(Frozen):
    """Readable rows by source, language, category, verb and outcome, what is rare summed up as `(others)`.

    A cell names a value of each list by its place, and how many rows share them all.
    """

    sources: tuple[str | None, ...] = Field(description="Sources.")
    languages: tuple[str | None, ...] = Field(description="Languages of the instruction.")
    categories: tuple[str | None, ...] = Field(description="Task categories.")
    verbs: tuple[str | None, ...] = Field(description="Task verbs.")
    outcomes: tuple[str, ...] = Field(description="Steps of the funnel that rows end at.")
    cells: tuple[tuple[int, int, int, int, int, int], ...] = Field(
        description="Place of source, language, category, verb and outcome, and rows."
    )


class Index(Frozen):
    """How even a mix is, before and after: of the rows read, and of the rows kept."""

    name: str = Field(description="What the rows are told apart by.")
    scope: str = Field(description="`input` for the rows read, `curated` for the rows kept.")
    shannon: float = Field(description="Shannon entropy, in bits.")
    simpson: float = Field(description="Gini-Simpson index: the chance that two rows differ.")
    effective: float = Field(description="Effective number: how many equally common values are as diverse.")
    evenness: float | None = Field(description="Entropy by the most that so many values can have.")
    seen: int = Field(description="Values that some row has.")
    possible: int | None = Field(description="Values that there are, where that is known.")


class Cost(Frozen):
    """What a step of the funnel took of the rows of one kind."""

    step: str = Field(description="Step of the funnel.")
    dimension: str = Field(description="`source`, `language`, `category` or `verb`.")
    value: str | None = Field(description="The kind.")
    taken: int = Field(description="Rows that it took of the kind.")
    rows: int = Field(description="Readable rows of the kind.")
    share: float = Field(description="Share that it took of the kind.")
    overall: float = Field(description="Share that it took of all readable rows.")
    outlier: bool = Field(
        description="Whether that is at least twice or at most half as much, beyond chance."
    )


class Pair(Frozen):
    """Rows whose instruction asks with a verb for a noun."""

    verb: str = Field(description="The verb.")
    noun: str = Field(description="The noun.")
    input: int = Field(description="Rows of the sample.")
    curated: int = Field(description="Kept rows among them.")


class Pairs(Frozen):
    """The commonest pairs of verb and noun, on a sample that holds all rows where they are few."""

    rows: int = Field(description="Readable rows of the sample.")
    kept: int = Field(description="Kept rows among them.")
    error: float = Field(description="Half a 95 % interval of a share of all rows, at most; 0 where exact.")
    distinct: int = Field(description="Pairs in the sample.")
    top: tuple[Pair, ...] = Field(description="The commonest pairs.")


class Quartiles(Frozen):
    """Lengths that a quarter, half and three quarters of some rows do not exceed, within 7 %."""

    p25: int = Field(description="25 % of the rows have at most so many.")
    p50: int = Field(description="Half of the rows have at most so many.")
    p75: int = Field(description="75 % of the rows have at most so many.")


class TaskLength(Frozen):
    """Lengths of the rows of one verb."""

    verb: str | None = Field(description="The verb.")
    category: str | None = Field(description="The category that most of its rows have.")
    rows: int = Field(description="Readable rows.")
    kept: int = Field(description="Kept rows.")
    instruction: float = Field(description="Mean characters of the instruction, of the rows read.")
    output: float = Field(description="Mean characters of the output, of the rows read.")
    kept_instruction: float | None = Field(description="The same of the rows kept.")
    kept_output: float | None = Field(description="The same of the rows kept.")
    kept_instruction_tokens: float | None = Field(
        default=None, description="Mean tokens of the instruction, of the rows kept."
    )
    kept_output_tokens: float | None = Field(
        default=None, description="Mean tokens of the output, of the rows kept."
    )
    instruction_chars_quartiles: Quartiles | None = Field(
        default=None, description="Characters of the instruction, of the rows kept."
    )
    output_chars_quartiles: Quartiles | None = Field(
        default=None, description="Characters of the output, of the rows kept."
    )
    instruction_tokens_quartiles: Quartiles | None = Field(
        default=None, description="Tokens of the instruction, of the rows kept."
    )
    output_tokens_quartiles: Quartiles | None = Field(
        default=None, description="Tokens of the output, of the rows kept."
    )


class Opening(Frozen):
    """Instructions that begin alike."""

    words: str = Field(description="The first two words.")
    rows: int = Field(description="Instructions of the sample.")


class Phrasing(Frozen):
    """How instructions of a sample are worded; equally many of the rows read and of those kept."""

    scope: str = Field(description="`input` or `curated`.")
    rows: int = Field(description="Instructions in the sample.")
    tokens: int = Field(description="Tokens of them.")
    type_token_ratio: float | None = Field(description="Distinct tokens by tokens (distinct-1).")
    distinct_2: float | None = Field(description="Distinct pairs of consecutive tokens by all such pairs.")
    distinct_3: float | None = Field(description="The same of three tokens.")
    vendi: float | None = Field(
        description="Vendi score: effective number of different instructions, by words and pairs of words."
    )
    vendi_rows: int = Field(description="Instructions that the Vendi score is of, and so its largest value.")
    openings: tuple[Opening, ...] = Field(description="The commonest openings.")


class Excerpt(Frozen):
    """A row shown: its text, shortened where long."""

    source: str = Field(description="Its source.")
    file: str = Field(description="Its file.")
    row: int = Field(description="Its row in the file.")
    record_id: str = Field(description="Its record id; empty where not known.")
    instruction: str = Field(description="Its instruction.")
    input: str = Field(description="Its input.")
    output: str = Field(description="Its output.")


class Example(Frozen):
    """A row that a rule marked or that fell as a duplicate, chosen by a hash of its place."""

    mark: str = Field(description="Reason, flag, `exact_duplicate` or `near_duplicate`.")
    shown: Excerpt = Field(description="The row.")
    survivor: Excerpt | None = Field(default=None, description="Of a duplicate the row kept instead.")
    similarity: float | None = Field(default=None, description="Of a duplicate its similarity.")


class Cluster(Frozen):
    """One of the largest clusters."""

    rows: int = Field(description="Rows in it.")
    kept: Excerpt = Field(description="The row that is kept.")


class Unreadable(Frozen):
    """A file or row group that cannot be read."""

    source: str = Field(description="Its source.")
    file: str = Field(description="Its file.")
    row_group: int | None = Field(description="The row group; null for a whole file.")
    rows: int | None = Field(description="Rows in it, where they can be counted.")
    error: str = Field(description="What is wrong with it.")
