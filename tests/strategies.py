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

GRAPHEMES = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
    "\U0001f44d\U0001f3fd",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "1\ufe0f\u20e3",
    "\u2764\ufe0f",
    "\u0301\u0308a",
    "a\u0323\u0307\u0301",
    "\u00a8\ufdfa\u337f\u00bd",
    "\u1112\u1161\u11ab",
    "\u30cf\u3099\uff8a\uff9e",
    "\u0915\u094d\u0937\u093f",
    "\u0644\u0627\u064b\ufefb",
    "\u0e01\u0e33\u0e49",
    "\u0eab\u0ebc\u0eb2",
    "\u1780\u17d2\u1798",
    "\u1000\u103b\u103d",
    "\U0001d7d8\u0663\u0967",
    "\U00020000\U0002f800",
    "\ufffd\ufffd\x00",
)
"""Emoji joined, coloured and as flags, marks in any order, expansions, conjuncts."""

letters = st.one_of(_ALPHABETS)
"""One character of any kind."""

scripts = st.sampled_from(_ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, max_size=20))
"""Texts of one script each."""

phrases = st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join)
"""Texts of few different words, so that shingles repeat."""

graphemes = st.builds(
    str.join,
    st.sampled_from(["", " ", "1"]),
    st.lists(st.sampled_from([*GRAPHEMES, "word", "42"]), max_size=9),
)
"""Texts of what is one character to a reader and several to a computer."""

texts = st.one_of(
    st.just(""), phrases, scripts, graphemes, st.text(letters, max_size=40), st.text(max_size=20)
)
"""Texts of every script, empty ones and mixed ones among them."""

rows = st.fixed_dictionaries({name: st.none() | texts for name in FIELDS})
"""Instruction rows, any field of which may be null."""
