"""The gate of a recipe: what a release must be like to be published."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from schemas.reason import Reason
from schemas.recipe.fields import Count, Section, Share, Text, freeze

Measure = Literal[
    "languages",
    "output_languages",
    "verbs",
    "categories",
    "difficulties",
    "domains",
    "sources",
    "instruction_chars",
    "input_chars",
    "output_chars",
    "outcomes",
]
"""What drift is measured of: kept rows by each of these; of `outcomes`, all rows by what became of them."""

DUPLICATES = ("exact_duplicate", "near_duplicate")
_OUTCOMES = (*(reason.value for reason in Reason), *DUPLICATES)


def unknown_reason(name: str, own: Collection[str]) -> str | None:
    """What to say of a name that no rule, not even one of the recipe's own, drops rows by; None if one does.

    >>> unknown_reason("loud", ["too_loud"])
    'must be a reason that rows are dropped for, found "loud"; did you mean too_loud?'
    """
    known = [*_OUTCOMES, *own]
    if name in known:
        return None
    near = get_close_matches(name, known, 1)
    advice = f"did you mean {near[0]}?" if near else f"reasons are {', '.join(known)}"
    return f'must be a reason that rows are dropped for, found "{name}"; {advice}'


class Drift(Section):
    """How far a measure may be from what it was in the release before, by TFDV's statistics."""

    measure: Measure = Field(description=f"What is compared: {', '.join(get_args(Measure))}.")
    jensen_shannon_divergence: Share | None = Field(
        default=None, description="Most Jensen-Shannon divergence, in bits; null is no limit."
    )
    infinity_norm: Share | None = Field(
        default=None, description="Most that the share of any one value may have moved; null is no limit."
    )
    population_stability_index: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Most population stability index; null is no limit."
    )


class Rejected(Section):
    """How many rows a reason may take."""

    reason: Text = Field(description="A reason, an own rule, exact_duplicate or near_duplicate.")
    share: Share = Field(description="Largest share of the rows read.")


class Gate(Section):
    """Limits past which a release is held and not published; null is no limit."""

    min_rows: Count | None = Field(default=None, description="Fewest rows kept.")
    max_lost: Share | None = Field(
        default=None, description="Largest share of the rows of the release before that are not kept now."
    )
    max_unreadable: Share | None = Field(
        default=None, description="Largest share of the input's rows that cannot be read."
    )
    max_rejected: Annotated[tuple[Rejected, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Largest shares of the rows read that reasons may take.",
        examples=[[{"reason": "language", "share": 0.1}]],
    )
    max_drift: Annotated[tuple[Drift, ...], BeforeValidator(freeze)] = Field(
        default=(),
        description="Most drift from the release before.",
        examples=[[{"measure": "languages", "jensen_shannon_divergence": 0.02}]],
    )

    @property
    def looking_back(self) -> list[str]:
        """Keys of the limits that are on what moved since the release before."""
        asked = {"gate.max_lost": self.max_lost is not None, "gate.max_drift": bool(self.max_drift)}
        return [key for key, given in asked.items() if given]
