"""The part of a recipe that says which rows are duplicates, and which of them survive."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.recipe.fields import LONGEST_NGRAM, Positive, Section, Text


class Shingles(Section):
    """What near duplicates are compared by; the profiles that are named after peers change it."""

    text: Literal["normalised", "fineweb", "lower", "raw"] = Field(
        default="normalised",
        description="Text: normalised (NFKC, lower case), fineweb (digits and accents too), lower or raw.",
    )
    tokens: Literal["unicode", "whitespace", "spaces", "non_word", "characters"] = Field(
        default="unicode",
        description="Tokens: unicode words; text split at whitespace, spaces or non_word; or characters.",
    )
    width: Annotated[int, Field(ge=1, le=LONGEST_NGRAM)] = Field(
        default=5, description="Tokens in a shingle."
    )


class Bands(Section):
    """How signatures are cut into bands."""

    count: Annotated[int, Field(ge=1, le=512)] = Field(description="Bands of a signature.")
    rows: Annotated[int, Field(ge=1, le=512)] = Field(description="Signature values in a band.")


class Dedup(Section):
    """Which rows are duplicates of each other, and which of them survives."""

    exact: bool = Field(default=True, description="Whether to drop rows equal after normalisation.")
    near: bool = Field(default=True, description="Whether to drop rows nearly equal to one that is kept.")
    threshold: Annotated[float, Field(ge=0.3, le=1, allow_inf_nan=False)] = Field(
        default=0.8,
        description="Least similarity, from 0.3 to 1, of near duplicates.",
    )
    what_if_min: Annotated[float, Field(ge=0.3, le=1, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Pairs from this similarity on are stored too, for `--what-if`; null is the threshold.",
    )
    similarity: Literal["parts", "joined"] = Field(
        default="parts",
        description="Of prompt and output the less alike (parts), or of one text (joined).",
    )
    splits: Literal["apart", "together"] = Field(
        default="apart",
        description="Duplicates are sought within each split (apart), or in all (together), test first.",
    )
    order: Literal["longest_output", "score", "first_seen", "highest", "lowest"] = Field(
        default="longest_output",
        description="Which survives: longest_output, score, first_seen, or highest or lowest of `column`.",
    )
    column: Text | None = Field(
        default=None,
        description="Column of numbers that highest and lowest go by; rows without a number come last.",
    )
    max_answers_per_prompt: Positive | None = Field(
        default=None,
        description="Of the distinct answers to one prompt so many stay at most; null keeps them all.",
    )
    shingles: Shingles = Field(
        default=Shingles(),
        description="What near duplicates are compared by.",
    )
    permutations: Annotated[int, Field(ge=16, le=512)] = Field(
        default=128,
        description="Values of a MinHash signature, from 16 to 512.",
    )
    bands: Bands | None = Field(
        default=None,
        description="Bands of a signature; null plans them to find 99.5 % of the pairs at the threshold.",
        examples=[{"count": 21, "rows": 6}],
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Dedup:
        by_column = self.order in {"highest", "lowest"}
        if by_column and self.column is None:
            raise ValueError(f"must name the `column` that order {self.order} goes by")
        if self.column is not None and not by_column:
            raise ValueError(f"must have order highest or lowest to go by a column, found {self.order}")
        if self.max_answers_per_prompt is not None and not (self.exact or self.near):
            raise ValueError("must look for exact or near duplicates to cap the answers to a prompt")
        if self.what_if_min is not None and self.what_if_min > self.threshold:
            raise ValueError(f"must have what_if_min at or below the threshold {self.threshold:g}")
        if self.bands is not None and self.bands.count * self.bands.rows > self.permutations:
            values = self.bands.count * self.bands.rows
            raise ValueError(
                f"must have bands within {self.permutations} permutations, found {values} values"
            )
        return self

    @property
    def stored_from(self) -> float:
        """Least similarity of the pairs that a release stores."""
        return self.threshold if self.what_if_min is None else self.what_if_min
