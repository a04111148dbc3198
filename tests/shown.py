"""Texts with characters that hide, or that belong to a script, and how they are shown."""

from __future__ import annotations

SHOWN = [
    ("a\r\nb", "a\\r\nb"),
    ("\ufeffx\u200bb\u2066", r"\ufeffx\u200bb\u2066"),
    ("क्\u200dष", "क्\u200dष"),
    ("👩\u200d🔬", "👩\u200d🔬"),
    ("pass\u200dword", r"pass\u200dword"),
    ("plain é 您好\t!", "plain é 您好\t!"),
]
