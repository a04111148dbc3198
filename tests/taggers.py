"""Taggers that remember what they were shown."""

from __future__ import annotations

import pyarrow as pa
import pytest

from transforms.kernels import prompt_findings
from transforms.kernels.tagger import by_phrases
from transforms.kernels.tasks import PromptTags


def watch_tagger(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The instructions that the default tagger looks at from now on."""
    seen: list[str] = []

    def watch(asked: pa.LargeStringArray, given: pa.LargeStringArray) -> PromptTags:
        seen.extend(asked.to_pylist())
        return by_phrases(asked, given)

    monkeypatch.setitem(prompt_findings.TAGGERS, "phrases", watch)
    return seen
