"""The part of a recipe that chooses among the rows that would be kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.recipe.fields import Count, Section

Kind = Literal["category", "verb", "domain", "difficulty", "language", "template"]


class Balance(Section):
    """How large a share one kind of row may have."""

    by: Kind = Field(
        default="category",
        description="Column that has the kinds, or template: the first three words of an instruction.",
    )
    max_share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        default=0.3,
        description="Of the rows that would be kept, a kind has at most this share; a seed chooses which.",
    )
    seed: Count = Field(default=0, description="What the rows of a kind that is too common are chosen by.")

    @property
    def by_template(self) -> bool:
        """Whether the kinds are how instructions begin, which has to be looked at."""
        return self.by == "template"
