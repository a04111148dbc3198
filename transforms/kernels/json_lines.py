"""JSON Lines: the object of each line, or a sentence on why it has none."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from transforms.kernels.private import mask_text

_LONGEST = 40
"""Characters of a line that are quoted where it is told of; private data is left out."""

_DEEPEST = 100
"""Objects and lists that may lie in each other."""

BOM = b"\xef\xbb\xbf"
_OPENINGS = (b"[", b"{")
_SURROGATE = re.compile(rb"\\u[dD][89abcdefABCDEF]")


class Lines(NamedTuple):
    """Lines that are not blank: the object of each, None where it has none, and why not, by line."""

    objects: list[dict[str, Any] | None]
    damaged: dict[int, str]


class _LineError(ValueError):
    """A line is no row, though it may be JSON."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some pairs, whose keys must differ: of two values one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise _LineError(f"the key {mask_text(twice[:_LONGEST])!r} stands twice")
    return found


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _LineError(f"{text[:_LONGEST]} is too large a number")
    return value


def _constant(text: str) -> float:
    raise _LineError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_float, parse_constant=_constant)


def read_lines(lines: Iterable[bytes]) -> Lines:
    r"""The objects of some lines, none of them blank; a damaged line is one without an object.

    >>> found = read_lines([b'{"a": 1}\r', b'{"a": ', b"[1]", b'{"a": 1, "a": 2}'])
    >>> found.objects
    [{'a': 1}, None, None, None]
    >>> found.damaged[2], found.damaged[3]
    ('expected an object, found a list', "the key 'a' stands twice")
    """
    objects: list[dict[str, Any] | None] = []
    damaged: dict[int, str] = {}
    for at, line in enumerate(lines):
        try:
            value = _read(line)
        except _LineError as error:
            damaged[at], value = str(error), None
        objects.append(value)
    return Lines(objects, damaged)


def _read(line: bytes) -> dict[str, Any]:
    try:
        value = _DECODER.decode(line.decode())
        if _SURROGATE.search(line):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        more = "; an object must stand on one line" if line.strip() in _OPENINGS else ""
        raise _LineError(f"{what} at character {error.pos} of the line{more}") from None
    except UnicodeDecodeError as error:
        raise _LineError(f"byte {error.start} of the line is not UTF-8") from None
    except UnicodeEncodeError:
        raise _LineError("half a surrogate pair is no character") from None
    except RecursionError:
        raise _LineError("it is nested too deeply") from None
    except _LineError:
        raise
    except ValueError:
        raise _LineError(f"a whole number has more than {sys.get_int_max_str_digits():,} digits") from None
    return _row(value, line)


def _row(value: Any, line: bytes) -> dict[str, Any]:
    """The value of a line, if it is one that a row can be."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        raise _LineError("expected an object, found a list of objects; JSON Lines have one a line")
    if not isinstance(value, dict):
        raise _LineError(f"expected an object, found {_NAMES[type(value)]}")
    if line.count(b"{") + line.count(b"[") > _DEEPEST and _is_deep(value):
        raise _LineError("it is nested too deeply")
    return value


def _is_deep(value: object) -> bool:
    """Whether lists and objects lie in each other deeper than they may."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        held = [one.values() if isinstance(one, dict) else one for one in level]
        level = [item for items in held for item in items if isinstance(item, dict | list)]
    return bool(level)


_NAMES = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    type(None): "null",
}


def cut_lines(data: bytes) -> tuple[list[bytes], list[int]]:
    r"""The lines of some bytes that are not blank, and where each begins.

    >>> cut_lines(b'{}\r\n\n  \n{"a": 1}')
    ([b'{}\r', b'{"a": 1}'], [0, 8])
    """
    lines, starts, at = [], [], 0
    for line in data.split(b"\n"):
        if line and not line.isspace():
            lines.append(line)
            starts.append(at)
        at += len(line) + 1
    return lines, starts
