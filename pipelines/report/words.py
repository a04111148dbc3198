"""Numbers and names as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.escapes import one_line
from schemas.report import Share

_MOST = 6  # decimals; the report has no more
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def group(number: float | None, decimals: int = 1) -> str:
    """Whole number with its thousands apart; a fraction to some decimals; a dash for None.

    >>> group(165197), group(93.1666), group(None)
    ('165,197', '93.2', '-')
    """
    if number is None:
        return "-"
    return f"{number:,}" if isinstance(number, int) else f"{number:,.{decimals}f}"


def decimals(one: float, other: float) -> int:
    """How many decimals, at least one, show that two fractions differ, and by what.

    >>> decimals(1.23, 1.27), decimals(1.2, 1.3), decimals(0.5, 0.25), decimals(3.1234, 3.1234)
    (2, 1, 2, 1)
    """
    for places in range(1, _MOST):
        shown = round(one, places), round(other, places)
        moved = round(other - one, places)
        if one == other or (shown[0] != shown[1] and moved == round(shown[1] - shown[0], places)):
            return places
    return _MOST


def tell_unreadable(number: int) -> str:
    """That so many entries of the ledger are of what cannot be read.

    >>> tell_unreadable(1), tell_unreadable(2000)
    ('1 file, row group or line cannot be read', '2,000 files, row groups or lines cannot be read')
    """
    many = "" if number == 1 else "s"
    return f"{group(number)} file{many}, row group{many} or line{many} cannot be read"


def percent(part: int, whole: int) -> str:
    """Share in percent, to one decimal; what is not quite none or all never reads as such.

    >>> percent(1, 8), percent(1, 10_000), percent(9_999, 10_000), percent(0, 0)
    ('12.5%', '<0.1%', '>99.9%', '0.0%')
    """
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.05:
        return "<0.1%"
    return ">99.9%" if 99.95 <= share < 100 else f"{share:.1f}%"


def measure(size: int | None) -> str:
    """Bytes in decimal units.

    >>> measure(999), measure(36_900_000), measure(None)
    ('999 B', '36.9 MB', '-')
    """
    if size is None:
        return "-"
    power = min((len(str(size)) - 1) // 3, len(_UNITS) - 1)
    return f"{size / 1000**power:.1f} {_UNITS[power]}" if power else f"{size} B"


def shorten(number: int) -> str:
    """Whole number with its thousands apart, from ten million on in millions (M) or 10**9 (G).

    >>> shorten(9_999_999), shorten(48_289_072), shorten(2_104_000_000)
    ('9,999,999', '48.3 M', '2.1 G')
    """
    if number < 10**7:
        return group(number)
    power, name = (9, "G") if number >= 10**9 else (6, "M")
    return f"{number / 10**power:,.1f} {name}"


def tell_tokens(tokenizer: str | None) -> str:
    """Whose tokens they are: those of a tokenizer's digest, or a quarter of the characters.

    >>> tell_tokens("9f86d081884c7d65"), tell_tokens(None)
    ('counted by the tokenizer 9f86d081884c', 'taken for four characters each, as no tokenizer is named')
    """
    if tokenizer is None:
        return "taken for four characters each, as no tokenizer is named"
    return f"counted by the tokenizer {show(tokenizer)[:12]}"


def show(name: str | None) -> str:
    r"""Text on one line, with characters that would hide or reorder it written out; `none` for None.

    >>> show("web\u202egpj.exe\x1b[0m"), show(None)
    ('web\\u202egpj.exe\\x1b[0m', 'none')
    """
    return "none" if name is None else one_line(name)


def show_lines(text: str) -> str:
    r"""Text with its lines, and with all else that would hide or reorder it written out.

    >>> show_lines("one\r\ntwo\u202e")
    'one\ntwo\\u202e'
    """
    return "\n".join(map(show, text.splitlines()))


def fold(shares: Sequence[Share], limit: int) -> list[Share]:
    """First `limit` of the shares, and the rest as one share where they are two or more.

    >>> one = Share(name="a", input=1, rejected=0, duplicate=0, curated=1)
    >>> [(share.name, share.input) for share in fold([one] * 5, 3)]
    [('a', 1), ('a', 1), ('a', 1), ('2 others', 2)]
    """
    if len(shares) <= limit + 1:
        return list(shares)
    rest = shares[limit:]
    columns = ("input", "rejected", "duplicate", "curated")
    sums = {column: sum(getattr(share, column) for share in rest) for column in columns}
    return [*shares[:limit], Share(name=f"{len(rest)} others", **sums)]
