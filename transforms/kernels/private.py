"""Addresses, numbers and keys that may be somebody's: found, and masked where the recipe says so.

What they look like is in `phrases/private.yaml`; what else is asked of a match is here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import regex

from transforms.kernels.adapters.rest import as_json, read_exact
from transforms.kernels.phrases import load_phrases


class Private(NamedTuple):
    """A piece of private data: where it stands in a text, and the name of its kind."""

    start: int
    end: int
    kind: str


class _Kind(NamedTuple):
    name: str
    pattern: regex.Pattern[str]
    label: str


@cache
def _kinds() -> tuple[_Kind, ...]:
    return tuple(
        _Kind(name, regex.compile(each["regex"], 0 if each.get("cased") else regex.IGNORECASE), each["label"])
        for name, each in load_phrases("private")["kinds"].items()
    )


@cache
def _listed(name: str) -> regex.Pattern[str]:
    """An expression of the data file for what is nobody's."""
    return regex.compile(load_phrases("private")[name], regex.IGNORECASE)


def find_private(text: str, prompt: str = "") -> list[Private]:
    """Private data in a text, in order; numbers are left out where the prompt shows that they are examples.

    >>> [found.kind for found in find_private("Ask anna@web.de or call (702) 383-0381.")]
    ['email', 'phone']
    >>> find_private("Which is right: 85.214.132.117?", "Write a regex for IP addresses.")
    []
    """
    spared = _EXAMPLES if prompt and _listed("examples").search(prompt) else frozenset()
    found: list[Private] = []
    for kind in _kinds():
        if kind.name not in spared:
            found = sorted([*found, *_of_kind(kind, text, found)])
    return found


def _of_kind(kind: _Kind, text: str, others: list[Private]) -> Iterator[Private]:
    """Private data of a kind that is no part of others, which are in order."""
    for match in kind.pattern.finditer(text):
        start, end = match.span()
        at = bisect_left(others, end, key=attrgetter("start"))
        if (at == 0 or others[at - 1].end <= start) and _CHECKS[kind.name](match[0]):
            yield Private(start, end, kind.name)


def mask_text(text: str) -> str:
    """A text with a label in place of each piece of private data.

    >>> mask_text("Ask anna@web.de or call (702) 383-0381.")
    'Ask [EMAIL] or call [PHONE].'
    """
    labels = {kind.name: kind.label for kind in _kinds()}
    pieces, at = [], 0
    for found in find_private(text):
        pieces += [text[at : found.start], labels[found.kind]]
        at = found.end
    return "".join([*pieces, text[at:]])


def mask_rows(column: pa.Array, rows: np.ndarray) -> pa.Array:
    """A column in which the texts of some rows are masked, however deep they lie; its type stays.

    >>> mask_rows(pa.array(["Ask anna@web.de.", None, "a@b.org"]), np.array([0, 1])).to_pylist()
    ['Ask [EMAIL].', None, 'a@b.org']
    """
    if len(rows) == 0:
        return column
    masked = pa.array([_masked(value) for value in column.take(pa.array(rows)).to_pylist()], column.type)
    place = np.arange(len(column))
    place[rows] = len(column) + np.arange(len(rows))
    return pa.concat_arrays([column, masked]).take(pa.array(place))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(_masked_inside(value) if value[:1] in _BEGINNINGS else value)
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    return value


_BEGINNINGS = ("[", "{")
"""What JSON begins with that may hold texts."""


def _masked_inside(text: str) -> str:
    r"""JSON whose texts are masked, as without their escapes; any other text as it is.

    >>> _masked_inside('{"to":"Ann\\nanna@web.de"}')
    '{"to":"Ann\\n[EMAIL]"}'
    """
    try:
        found = read_exact(text)
        return text if found is None else as_json(_masked(found))
    except RecursionError:
        return text


def _key(found: str) -> bool:
    """Whether a key is more than filler such as a row of crosses."""
    return len(set(found)) > len(found) // 6 + 4 and "..." not in found


def _email(found: str) -> bool:
    return not _listed("made_up").search(found) and not _listed("offices").search(found)


def _ip(found: str) -> bool:
    return all(int(part) < 256 for part in found.split(".")) and not _listed("networks").search(found)


def _phone(found: str) -> bool:
    digits = regex.sub(r"\D", "", found)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 3 and not _listed("fiction").search(digits)


def _card(found: str) -> bool:
    digits = regex.sub(r"\D", "", found)
    return is_luhn(digits) and not _listed("cards").search(digits)


def _iban(found: str) -> bool:
    plain = found.replace(" ", "")
    return len(plain) >= _SHORTEST_IBAN and is_iban(plain) and not _listed("ibans").search(plain)


_SHORTEST_IBAN = 15
_EXAMPLES = frozenset({"ip", "phone", "card"})
"""Kinds of numbers that stand as examples where a prompt is about such."""

_CHECKS: dict[str, Callable[[str], bool]] = {
    "key": _key,
    "email": _email,
    "iban": _iban,
    "card": _card,
    "ip": _ip,
    "phone": _phone,
}


def is_luhn(digits: str) -> bool:
    """Whether the last digit checks the others, as on payment cards.

    >>> is_luhn("4539578763621486"), is_luhn("4539578763621487")
    (True, False)
    """
    values = [int(digit) for digit in reversed(digits)]
    doubled = (sum(divmod(2 * value, 10)) for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def is_iban(plain: str) -> bool:
    """Whether the check digits of an account number without spaces are right.

    >>> is_iban("GB82WEST12345698765432"), is_iban("GB83WEST12345698765432")
    (True, False)
    """
    moved = plain[4:] + plain[:4]
    return moved.isalnum() and int("".join(str(int(each, 36)) for each in moved)) % 97 == 1
