"""How hard examples are, by the points of `phrases/difficulty.yaml`, for prompts and lengths of answers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.decisions import CATEGORIES, Decided, verb_names
from transforms.kernels.phrases import listed, load_phrases

DIFFICULTIES = ("simple", "moderate", "complex")
_PER_CHARACTER = 2.5


@cache
def _weights() -> np.ndarray:
    """Points of difficulty for each verb."""
    data = load_phrases("difficulty")
    deep, light = listed(data["deep"]), listed(data["light"])
    return np.array([(verb in deep) - (verb in light) for verb in verb_names()])


def count_points(words: np.ndarray, decided: Decided, why: np.ndarray) -> np.ndarray:
    """Points of each prompt (int8): its number of words, its verb, and whether it asks how or why."""
    points = _weights()[decided.verb] + why
    points += sum((words >= least) for least in load_phrases("difficulty")["instruction_words"])
    return (points + (decided.category == CATEGORIES.index("conversation"))).astype(np.int8)


def grade(points: pa.Int8Array, unspaced: pa.BooleanArray, outputs: pa.LargeStringArray) -> pa.StringArray:
    """Difficulty of each example, null where its prompt has no points.

    A character counts for more where the prompt is in a script that is written without spaces.

    >>> outputs = pa.array(["x" * 301, "x" * 200], pa.large_string())
    >>> grade(pa.array([1, 1], pa.int8()), pa.array([False, False]), outputs).to_pylist()
    ['moderate', 'simple']
    """
    data = load_phrases("difficulty")
    letters = np.where(unspaced.to_numpy(zero_copy_only=False), _PER_CHARACTER, 1)
    chars = pc.utf8_length(outputs).to_numpy() * letters
    total = pc.add(points, pa.array(sum((chars > most) for most in data["answer_chars"]), pa.int8()))
    least = (data["moderate_from"], data["complex_from"])
    level = pc.add(*(pc.greater_equal(total, one).cast(pa.int8()) for one in least))
    return pa.array(DIFFICULTIES).take(level)
