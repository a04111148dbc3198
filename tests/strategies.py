"""Hypothesis strategies: texts of every script, and instruction rows."""

from __future__ import annotations

from hypothesis import strategies as st

from schemas.example import FIELDS

RANGES = {
    "latin": (0x00C0, 0x024F),
    "phonetic": (0x0250, 0x02AF),
    "combining": (0x0300, 0x0345),
    "greek": (0x0391, 0x03C9),
    "cyrillic": (0x0410, 0x044F),
    "hebrew": (0x05B0, 0x05EA),
    "arabic": (0x0620, 0x0669),
    "devanagari": (0x0900, 0x096F),
    "tamil": (0x0B82, 0x0BEF),
    "thai": (0x0E01, 0x0E5B),
    "lao": (0x0E81, 0x0EDF),
    "myanmar": (0x1000, 0x1049),
    "jamo": (0x1100, 0x11F9),
    "khmer": (0x1780, 0x17E9),
    "marks": (0x20D0, 0x20F0),
    "symbols": (0x2460, 0x24FF),
    "radicals": (0x2E80, 0x2FD5),
    "kana": (0x3041, 0x30FF),
    "han": (0x4E00, 0x4E40),
    "hangul": (0xAC00, 0xAC40),
    "ligatures": (0xFB00, 0xFB4F),
    "wide": (0xFF01, 0xFF9F),
    "gothic": (0x10330, 0x1034A),
    "deseret": (0x10400, 0x1044F),
    "mathematical": (0x1D400, 0x1D4FF),
    "emoji": (0x1F3FB, 0x1F64F),
    "han_beyond": (0x20000, 0x20040),
}
"""First and last code point of what texts are made of, beside ASCII."""

SPACES = " \t\n\r\x0b\x0c\x1c\x1f\x85\u00a0\u1680\u2003\u2028\u202f\u205f\u3000"
"""Characters that `str.split` splits at."""

NEARLY_SPACES = "\x00\u180e\u200b\u200d\u2060\ufeff"
"""Characters that look like none and that `str.split` keeps."""

ODD_CASES = (
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\N{LATIN SMALL LETTER DOTLESS I}\N{LATIN SMALL LETTER LONG S}"
    "\N{LATIN SMALL LETTER SHARP S}\N{LATIN CAPITAL LETTER SHARP S}\N{LATIN SMALL LIGATURE FF}\N{KELVIN SIGN}"
    "\N{GREEK CAPITAL LETTER SIGMA}\N{GREEK SMALL LETTER FINAL SIGMA}\N{LATIN CAPITAL LETTER DZ WITH CARON}"
)
"""Letters whose other case is more than one character, or not theirs alone."""

_ASCII = "abcxyzABCXYZ0189 .,:;!?'\"-_[]()#"
_ALPHABETS = [
    st.sampled_from(_ASCII),
    st.sampled_from(SPACES + NEARLY_SPACES),
    st.sampled_from(ODD_CASES),
    *(st.characters(min_codepoint=first, max_codepoint=last) for first, last in RANGES.values()),
]
_WORDS = [
    "a",
    "b",
    "c",
    "the",
    "Write",
    "LIST",
    "3.14",
    "don't",
    "été",
    "語",
    "ไทย",
    "!",
]

letters = st.one_of(_ALPHABETS)
"""One character of any kind."""

scripts = st.sampled_from(_ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, max_size=20))
"""Texts of one script each."""

phrases = st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join)
"""Texts of few different words, so that shingles repeat."""

texts = st.one_of(st.just(""), phrases, scripts, st.text(letters, max_size=40), st.text(max_size=20))
"""Texts of every script, empty ones and mixed ones among them."""

rows = st.fixed_dictionaries({name: st.none() | texts for name in FIELDS})
"""Instruction rows, any field of which may be null."""
