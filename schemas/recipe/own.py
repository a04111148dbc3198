"""Rules of a user's own in a recipe: a function on Arrow columns, and the reason it gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.reason import OWN_RULES, REASONS
from schemas.recipe.fields import Action, Section, Text
from schemas.recipe.rules import ACTION


def _new(name: str) -> str:
    if name in REASONS:
        raise ValueError(f'must be a name of its own, found "{name}", which is a rule already')
    if not name.isidentifier() or name != name.lower():
        raise ValueError(f'must be a name in lower case such as too_loud, found "{name}"')
    return name


class OwnRule(Section):
    """A rule that is a function of the user's."""

    name: Annotated[Text, AfterValidator(_new)] = Field(description="Reason it gives, such as too_loud.")
    use: Text = Field(
        description="The function: MODULE:FUNCTION, or the name of an entry point of the group tamis.rules."
    )
    meaning: Text = Field(description="What it says of a row, in one sentence.")
    action: Action = Field(default="reject", description=ACTION)


def told_apart(rules: tuple[OwnRule, ...]) -> tuple[OwnRule, ...]:
    """The rules, if there are not too many and no two have one name."""
    names = [rule.name for rule in rules]
    if len(rules) > OWN_RULES:
        raise ValueError(f"must have at most {OWN_RULES} rules, found {len(rules)}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f'must have names that differ, found more than one named "{twice[0]}"')
    return rules
