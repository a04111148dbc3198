"""report.json against an independent recount of the ledger and the curated rows, by DuckDB."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from schemas.report import json_schema
from tests.releases import Sampled, make_release, recipe_for

Report = dict[str, Any]


@pytest.fixture(scope="module")
def report(sampled: Sampled) -> Report:
    """Read report.json of the sample's release, and open its ledger and rows as `ledger` and `curated`."""
    folder = sampled.release.folder
    duckdb.sql(f"CREATE OR REPLACE VIEW ledger AS SELECT * FROM '{folder}/verdicts/*.parquet'")
    duckdb.sql(f"CREATE OR REPLACE VIEW curated AS SELECT * FROM '{folder}/curated/*.parquet'")
    duckdb.sql(
        "CREATE OR REPLACE VIEW rows AS SELECT *, CASE WHEN verdict = 'rejected' THEN reasons[1] WHEN "
        "verdict = 'duplicate' THEN if(exact, 'exact_duplicate', 'near_duplicate') ELSE verdict END AS step "
        "FROM ledger WHERE verdict <> 'unreadable'"
    )
    read: Report = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    return read


def rows(query: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(query).fetchall()


def test_it_keeps_to_the_published_schema(report: Report) -> None:
    Draft202012Validator(json_schema()).validate(report)


def test_the_funnel(report: Report) -> None:
    taken = dict(rows("SELECT step, count(*) FROM rows GROUP BY 1"))
    kept = taken.pop("kept")
    assert {step["name"]: step["removed"] for step in report["funnel"] if step["removed"]} == taken
    assert report["rows"]["kept"] == report["funnel"][-1]["left"] == kept
    assert report["rows"]["kept"] == rows("SELECT count(*) FROM curated")[0][0]


@pytest.mark.parametrize(("kind", "column"), [("rules", "reasons"), ("flags", "flags")])
def test_rules_and_flags(report: Report, kind: str, column: str) -> None:
    marked = dict(rows(f"SELECT name, count(*) FROM (SELECT unnest({column}) AS name FROM rows) GROUP BY 1"))
    assert {rule["name"]: rule["all"] for rule in report[kind] if rule["all"]} == marked
    if kind == "rules":
        alone = dict(rows("SELECT reasons[1], count(*) FROM rows WHERE len(reasons) = 1 GROUP BY 1"))
        assert {rule["name"]: rule["alone"] for rule in report[kind] if rule["alone"]} == alone


def test_rules_that_mark_the_same_rows(sampled: Sampled, tmp_path: Path) -> None:
    rejecting = {
        f"rules__{name}__action": "reject" for name in ("no_end_punctuation", "bare_answer", "unfinished")
    }
    made = make_release(tmp_path, recipe_for(sampled.pattern, **rejecting))
    together = Counter(pair for line in made.lines() for pair in combinations(line["reasons"], 2))
    assert len(together) >= 3
    assert {(found.one, found.other): found.rows for found in made.report.overlaps} == together


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("verbs", "verb"),
        ("categories", "category"),
        ("difficulties", "difficulty"),
        ("domains", "domain"),
        ("languages", "language"),
        ("output_languages", "output_language"),
        ("sources", "source"),
    ],
)
def test_shares(report: Report, kind: str, column: str) -> None:
    recount = rows(
        f"SELECT {column}, count(*), count(*) FILTER (verdict = 'rejected'), "
        f"count(*) FILTER (verdict = 'duplicate'), count(*) FILTER (verdict = 'kept') FROM rows GROUP BY 1"
    )
    columns = ("name", "input", "rejected", "duplicate", "curated")
    assert {tuple(share[name] for name in columns) for share in report[kind]} == set(recount)


def test_the_mix(report: Report) -> None:
    mix = report["mix"]
    lists = [mix[name] for name in ("sources", "languages", "categories", "verbs", "outcomes")]
    found = {
        (*(names[at] for names, at in zip(lists, cell[:-1], strict=True)), cell[-1]) for cell in mix["cells"]
    }
    assert found == set(
        rows("SELECT source, language, category, verb, step, count(*) FROM rows GROUP BY ALL")
    )


def test_costs(report: Report) -> None:
    for name in ("source", "language", "category", "verb"):
        recount = {
            (step, value): (taken, all_rows)
            for step, value, taken, all_rows in rows(
                f"SELECT step, r.{name}, count(*), any_value(n) FROM rows r "
                f"JOIN (SELECT {name} AS v, count(*) AS n FROM rows GROUP BY 1) "
                f"ON r.{name} IS NOT DISTINCT FROM v WHERE step <> 'kept' GROUP BY 1, 2"
            )
        }
        found = [cost for cost in report["costs"] if cost["dimension"] == name]
        assert {
            (cost["step"], cost["value"]): (cost["taken"], cost["rows"]) for cost in found if cost["taken"]
        } == recount
        assert all(cost["share"] == pytest.approx(cost["taken"] / cost["rows"], abs=1e-6) for cost in found)


@pytest.mark.parametrize("name", ["verb", "category", "domain", "difficulty", "language", "source"])
def test_indices(report: Report, name: str) -> None:
    for scope, where in (("input", "true"), ("curated", "verdict = 'kept'")):
        entropy, seen = rows(
            f"SELECT entropy(coalesce({name}, '-')), count(DISTINCT coalesce({name}, '-')) "
            f"FROM rows WHERE {where}"
        )[0]
        index = next(i for i in report["indices"] if (i["name"], i["scope"]) == (name, scope))
        assert index["shannon"] == pytest.approx(entropy, abs=1e-5)
        assert index["effective"] == pytest.approx(2**entropy, abs=1e-3)
        assert index["seen"] == seen


def test_pairs(report: Report) -> None:
    recount = rows(
        "SELECT verb, noun, count(*), count(*) FILTER (verdict = 'kept') FROM rows "
        "WHERE noun IS NOT NULL AND verb IS NOT NULL GROUP BY 1, 2"
    )
    pairs = report["pairs"]
    assert pairs["error"] == 0
    assert pairs["distinct"] == len(recount)
    assert {(p["verb"], p["noun"], p["input"], p["curated"]) for p in pairs["top"]} <= set(recount)


def test_lengths(report: Report) -> None:
    for field in ("instruction", "output"):
        lengths = report["curated"][field]
        chars = sorted(length for (length,) in rows(f"SELECT length({field}) FROM curated"))
        assert (lengths["rows"], lengths["total"]) == (len(chars), sum(chars))
        assert (lengths["min"], lengths["max"]) == (chars[0], chars[-1])
        for name, share in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            true = chars[math.ceil(share * len(chars)) - 1]
            assert lengths[name] == pytest.approx(true, rel=0.01)
        for entry in lengths["histogram"]:
            assert entry["rows"] == sum(entry["low"] <= length <= entry["high"] for length in chars)


def test_lengths_by_task(report: Report) -> None:
    recount = {
        verb: means
        for verb, *means in rows(
            "SELECT tamis_verb, count(*), avg(length(instruction)), avg(length(output)) "
            "FROM curated GROUP BY 1"
        )
    }
    for task in report["task_lengths"]:
        if task["kept"]:
            found = [task["kept"], task["kept_instruction"], task["kept_output"]]
            assert found == pytest.approx(recount[task["verb"]], abs=1e-5)


def test_duplicates(report: Report) -> None:
    sizes = dict(rows("SELECT cluster, count(*) FROM rows WHERE cluster IS NOT NULL GROUP BY 1"))
    clusters = report["duplicates"]["clusters"]
    assert (clusters["rows"], clusters["largest"]) == (sum(sizes.values()), max(sizes.values()))
    for cluster in report["duplicates"]["largest"]:
        assert sizes[cluster["kept"]["record_id"]] >= cluster["rows"]
    hundredths: dict[int, int] = defaultdict(int)
    for (similarity,) in rows("SELECT similarity FROM rows WHERE step = 'near_duplicate'"):
        hundredths[math.floor(similarity * 100 + 1e-9)] += 1
    bins = {round(b["low"] * 100): b["rows"] for b in report["duplicates"]["similarity"] if b["rows"]}
    assert bins == hundredths


def test_examples_are_rows_of_their_mark(report: Report) -> None:
    for example in report["examples"]:
        shown, mark = example["shown"], example["mark"]
        step, marks = rows(
            "SELECT step, list_concat(reasons, flags) FROM rows WHERE source = "
            f"'{shown['source']}' AND file = '{shown['file']}' AND \"row\" = {shown['row']}"
        )[0]
        assert mark in {step, *marks}
        assert "private_data" not in marks
