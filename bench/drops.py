"""What Tamis and its peers remove of the same rows, held against the exact answer."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
from rensa import CMinHashDeduplicator, RMinHashDeduplicator
from sample import joined_text
from yardstick import Drops, Pairs, Shingles, all_pairs, judge, list_shingles

from schemas.recipe.rules import Rules
from transforms.kernels.minhash import PERMUTATIONS
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.similarity import find_edges

TAMIS = "Tamis"
_SLACK = 1e-9


@dataclass(frozen=True)
class Judged:
    """Some rows, how many pairs of them are similar, and what each tool removed."""

    rows: int
    pairs: int
    tools: dict[str, Drops]


def judge_tools(rows: pa.Table, threshold: float, datatrove: str | None = None) -> Judged:
    """Let each tool remove duplicates, first come first kept, and judge what it removed.

    datatrove takes part where a Python is named that has it.

    Raises:
        SystemExit: Tamis's kernel finds other pairs than the yardstick, or a command failed.
    """
    texts = joined_text(rows)
    shingles = [list_shingles(text) for text in texts.to_pylist()]
    pairs = all_pairs(shingles, threshold)
    _check_kernel(texts, pairs, threshold)
    removed = {TAMIS: _remove_by_tamis(rows, threshold)}
    removed |= {peer: remove(shingles, threshold) for peer, remove in PEERS.items()}
    if datatrove:
        removed["datatrove"] = _remove_by_datatrove(shingles, datatrove)
    copies = _copies(texts)
    tools = {tool: judge(gone, copies, pairs) for tool, gone in removed.items()}
    return Judged(len(rows), len(pairs.firsts), tools)


def _check_kernel(texts: pa.LargeStringArray, pairs: Pairs, threshold: float) -> None:
    """See that `find_edges`, all rows being one component, gives the yardstick's pairs and similarities."""
    edges = find_edges(np.zeros(len(texts), np.uint64), [shingle(texts, PART_TAGS[0])], threshold)
    order = np.lexsort((pairs.seconds, pairs.firsts))
    found = np.stack([edges.firsts, edges.seconds, edges.similarities])
    wanted = np.stack(pairs)[:, order]
    if found.shape != wanted.shape or (abs(found - wanted) > _SLACK).any():
        raise SystemExit("find_edges and the yardstick disagree")


def _copies(texts: pa.LargeStringArray) -> np.ndarray:
    """Mask of the rows whose text is that of an earlier row."""
    codes = texts.dictionary_encode().indices.to_numpy()
    copies = np.ones(len(codes), bool)
    copies[np.unique(codes, return_index=True)[1]] = False
    return copies


def _remove_by_tamis(rows: pa.Table, threshold: float) -> np.ndarray:
    """Mask of the rows that the real command calls duplicates, by a recipe that looks for nothing else."""
    off = {rule: {"action": "off"} for rule in Rules.model_fields}
    dedup = {"similarity": "joined", "threshold": threshold, "order": "first_seen"}
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        source, recipe, root = Path(folder, "rows.parquet"), Path(folder, "recipe.yaml"), Path(folder, "out")
        pq.write_table(rows, source)
        recipe.write_text(json.dumps({"rules": off, "language": {"enabled": False}, "dedup": dedup}))
        tamis = Path(sysconfig.get_path("scripts"), "tamis")
        flags = ("--input", source, "--output", root, "--recipe", recipe, "--release", "bench")
        _run(tamis, "curate", *flags)
        ledger = pq.read_table(root / "releases" / "bench" / "verdicts", columns=["row", "verdict"])
    verdicts = ledger.sort_by("row")["verdict"].to_pylist()
    return np.array([verdict == "duplicate" for verdict in verdicts])


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stderr}{command[0]} ended with {done.returncode}")


def _remove_by_datatrove(shingles: Shingles, python: str) -> np.ndarray:
    """By its four steps, in a process of its own, for what it depends on is no part of this environment."""
    script = Path(__file__).with_name("with_datatrove.py")
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        source, target = Path(folder, "shingles.jsonl"), Path(folder, "removed.json")
        source.write_text("".join(f"{json.dumps(each)}\n" for each in shingles))
        _run(python, script, source, target)
        gone: list[int] = json.loads(target.read_text())
    return np.isin(np.arange(len(shingles)), gone)


def _remove_by_rensa(shingles: Shingles, threshold: float) -> np.ndarray:
    """As its documentation shows: candidates by LSH, then their sketches against the threshold."""
    found = RMinHashDeduplicator(threshold=threshold, num_perm=PERMUTATIONS, use_lsh=True)
    return ~np.array(found.add_pairs((str(at), each) for at, each in enumerate(shingles)))


def _remove_by_rensa_c(shingles: Shingles, threshold: float) -> np.ndarray:
    found = CMinHashDeduplicator(threshold=threshold, num_perm=PERMUTATIONS)
    return ~np.array(found.add_pairs((str(at), each) for at, each in enumerate(shingles)))


def _remove_by_datasketch(shingles: Shingles, threshold: float) -> np.ndarray:
    """As is common with it: what the index finds is a duplicate, what is not goes into the index."""
    index, removed = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS), np.zeros(len(shingles), bool)
    sketches = MinHash.generator(([one.encode() for one in each] for each in shingles), num_perm=PERMUTATIONS)
    for at, sketch in enumerate(sketches):
        removed[at] = bool(index.query(sketch))
        if not removed[at]:
            index.insert(at, sketch)
    return removed


PEERS: dict[str, Callable[[Shingles, float], np.ndarray]] = {
    "rensa R-MinHash": _remove_by_rensa,
    "rensa C-MinHash": _remove_by_rensa_c,
    "datasketch": _remove_by_datasketch,
}
"""Mask of the rows that each peer removes, given their shingles."""
