"""The built-in profiles: where each differs from `default`."""

from __future__ import annotations

from typing import Any

from schemas.recipe.rules import Flagging, PrivateData, Rules

SIGNALS = tuple(
    name for name, field in Rules.model_fields.items() if field.annotation in {Flagging, PrivateData}
)
"""Rules that only flag and have no other key."""

ARTICLE: dict[str, Any] = {
    "rules": {
        "instruction_too_short": {"min_tokens": None},
        "instruction_too_long": {"max_chars": 1000, "flag_over": None},
        "language": {"action": "off"},
        "no_end_punctuation": {"endings": ".?!:", "closings": ""},
        "language_undetermined": {"action": "off"},
        "language_mismatch": {"action": "off"},
        "slot_expected": {"action": "off"},
        **{name: {"action": "off"} for name in SIGNALS},
    },
    "placeholders": "literal",
    "tagger": "first_verb",
}


def _peer(
    threshold: float, bands: tuple[int, int], permutations: int, shingles: dict[str, str | int]
) -> dict[str, Any]:
    """Near-duplicates as a peer has them by default: one text, its bands (and the values in each)."""
    return {
        "dedup": {
            "threshold": threshold,
            "similarity": "joined",
            "shingles": shingles,
            "permutations": permutations,
            "bands": {"count": bands[0], "rows": bands[1]},
        }
    }


OVERLAYS: dict[str, dict[str, Any]] = {
    "article": ARTICLE,
    "fineweb": _peer(0.75, (14, 8), 112, {"text": "fineweb", "tokens": "whitespace", "width": 5}),
    "data-juicer": _peer(0.7, (25, 10), 256, {"text": "lower", "tokens": "spaces", "width": 5}),
    "nemo": _peer(0.8, (20, 13), 260, {"text": "raw", "tokens": "characters", "width": 24}),
    "text-dedup": _peer(0.7, (24, 10), 240, {"text": "lower", "tokens": "non_word", "width": 5}),
}
"""What each profile sets, by its name; `default` sets nothing."""
