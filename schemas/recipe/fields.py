"""The kinds of value a recipe holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from schemas.frozen import Frozen
from schemas.recipe.languages import LANGUAGE_CODES

MOST = 1_000_000_000

LONGEST_NGRAM = 64
"""Most tokens in an n-gram, be it of a shingle or of a benchmark."""


class Section(Frozen):
    """A part of a recipe: a value of another type is an error, too."""

    model_config = ConfigDict(strict=True)


def freeze(value: object) -> object:
    """Make a list a tuple; leave anything else, a set above all, for validation to refuse."""
    return tuple(value) if isinstance(value, list) else value


def _listed(value: object) -> object:
    """Make a single text a tuple of one."""
    return (value,) if isinstance(value, str) else freeze(value)


def _known(code: str) -> str:
    if code not in LANGUAGE_CODES:
        message = f'must be a code that lid.176 gives, such as en, de or zh, found "{code}"'
        raise ValueError(message)
    return code


Action = Literal["reject", "flag", "off"]
"""What a marked row gets; `off` does not look at the row at all."""

Count = Annotated[int, Field(ge=0, le=MOST)]
Positive = Annotated[int, Field(ge=1, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(freeze)]
Code = Annotated[
    str,
    AfterValidator(_known),
    Field(json_schema_extra={"enum": [*sorted(LANGUAGE_CODES)]}),
]
Codes = Annotated[tuple[Code, ...], BeforeValidator(freeze)]

_Several = Annotated[tuple[Text, ...], Field(min_length=1)]
Globs = Annotated[_Several, BeforeValidator(_listed, json_schema_input_type=Text | _Several)]
"""One glob or more; a single text stands for a list of one."""
