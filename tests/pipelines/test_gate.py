"""The gate: a release that drifted is held by the limit that names it, an honest one is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines import output_folder
from pipelines.cli import main
from pipelines.errors import GateError, UsageError
from pipelines.gate import find_failures
from pipelines.releases.release import open_release, read_report
from pipelines.releases.verify import find_faults
from schemas.recipe import Gate, Recipe, override
from schemas.release import Manifest
from tests.releases import Curate, Release, Sampled, make_release, recipe_for
from tests.rows import ask, ask_all, damage, write_rows

LIMITS: dict[str, Any] = {
    "min_rows": 1000,
    "max_unreadable": 0.01,
    "max_rejected": [{"reason": "near_duplicate", "share": 0.2}],
    "max_drift": [
        {"measure": "languages", "jensen_shannon_divergence": 0.02, "infinity_norm": 0.1},
        {"measure": "output_chars", "population_stability_index": 0.25},
        {"measure": "sources", "infinity_norm": 0.1},
        {"measure": "outcomes", "jensen_shannon_divergence": 0.02},
    ],
}
SMALL = "part-00000-of-00005.parquet"
GERMAN = "Der schnelle Fuchs springt heute wieder über den faulen Hund und läuft dann nach Hause"


def recipe_of(folder: Path) -> Recipe:
    """The sample as two sources, with limits."""
    sources = [
        {"name": "large", "input": f"{folder}/part-0000[1-4]*.parquet"},
        {"name": "small", "input": f"{folder}/{SMALL}"},
    ]
    recipe = recipe_for(str(folder), language__enabled=True, sources=sources)
    return override(recipe, {f"gate.{name}": value for name, value in LIMITS.items()})


@pytest.fixture(scope="module")
def before(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the sample that its gate let pass, and the cache of its verdicts."""
    root = tmp_path_factory.mktemp("gate") / "output"
    return make_release(root, recipe_of(sampled.inputs), previous="latest")


def rewrite(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)


def speak_german(folder: Path) -> None:
    def turn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        texts = [f"{GERMAN}, und {at} andere kommen mit." for at in range(len(rows))]
        return [row | {"instruction": text, "output": text} for row, text in zip(rows, texts, strict=True)]

    rewrite(folder / "part-00003-of-00005.parquet", turn)


def cut_outputs(folder: Path) -> None:
    for path in folder.iterdir():
        table = pq.read_table(path)
        short = pc.utf8_slice_codeunits(table["output"], 0, 20)
        pq.write_table(table.set_column(table.schema.get_field_index("output"), "output", short), path)


def empty_source(folder: Path) -> None:
    rewrite(folder / SMALL, lambda _: [])


def change_some(folder: Path) -> None:
    rng = Random(4)
    for path in folder.iterdir():
        rewrite(
            path,
            lambda rows: [row | ask(rng.randrange(10**6)) if rng.random() < 0.02 else row for row in rows],
        )


@pytest.mark.parametrize(
    ("change", "measures"),
    [
        (speak_german, {"languages"}),
        (cut_outputs, {"output_chars"}),
        (empty_source, {"sources"}),
        (change_some, set()),
    ],
    ids=["another language", "outputs cut", "source missing", "honest"],
)
def test_drift_is_named_and_honest_change_passes(
    sampled: Sampled,
    before: Release,
    tmp_path: Path,
    change: Callable[[Path], None],
    measures: set[str],
) -> None:
    shutil.copytree(sampled.inputs, tmp_path / "in")
    change(tmp_path / "in")
    request = {"previous": str(before.folder), "cache": str(before.root / ".cache")}
    root, recipe = tmp_path / "output", recipe_of(tmp_path / "in")
    if not measures:
        assert make_release(root, recipe, **request).report.failures == ()
        return
    with pytest.raises(GateError) as caught:
        make_release(root, recipe, **request)
    assert caught.value.exit_code == 3
    told = [line.split()[1] for line in str(caught.value).splitlines() if line.startswith("gate.max_drift")]
    assert measures <= set(told)
    assert output_folder.releases(str(root)) == []


def test_first_release_has_only_absolute_limits(before: Release) -> None:
    assert before.report.moved is None
    gate = Gate.model_validate_json(json.dumps({**LIMITS, "max_lost": 0}))
    assert find_failures(gate, before.report) == []
    few = Gate(min_rows=10**6)
    assert find_failures(few, before.report) == [
        f"gate.min_rows: {before.report.rows.kept:,} rows are kept, at least 1,000,000 are asked for"
    ]


def test_placeholders_hold_a_release(curate: Curate, tmp_path: Path) -> None:
    rows = [*ask_all(8), {"instruction": "Write to Ann.", "output": "Dear Ann, [insert text here]."}]
    path = str(write_rows(tmp_path / "in.parquet", rows))
    limits = [[{"reason": "placeholder", "share": share}] for share in (0.2, 0.1)]
    loose, strict = (recipe_for(path, gate__max_rejected=limit) for limit in limits)
    assert curate(path, recipe=loose).manifest.counts.reasons["placeholder"] == 1
    with pytest.raises(
        GateError, match=r"placeholder takes 11\.11 % of the rows read, at most 10\.00 % may be"
    ):
        curate(path, recipe=strict)


@pytest.fixture
def held(curate: Curate, tmp_path: Path) -> Path:
    """An output folder with a release, and one that a gate holds since half of the rows are gone."""
    path = write_rows(tmp_path / "in.parquet", ask_all(10))
    recipe = recipe_for(str(path), gate__max_lost=0.2)
    root = curate(str(path), recipe=recipe, previous="latest").root
    write_rows(path, ask_all(5))
    for _ in range(2):
        with pytest.raises(GateError):
            curate(str(path), recipe=recipe, previous="latest")
    return root


def test_a_held_release_is_none_and_is_kept_to_be_looked_at(held: Path) -> None:
    assert output_folder.releases(str(held)) == ["0001"]
    assert output_folder.latest(str(held)) == "0001"
    assert output_folder.held(str(held)) == ["0003"]
    assert [path.name for path in (held / "releases").iterdir()] == ["0001", "0003"]
    folder = held / "releases" / "0003"
    manifest = Manifest.model_validate_json((folder / "held.json").read_bytes())
    assert manifest.counts.verdicts["kept"] == 5
    assert Release(folder).report.failures == (
        "gate.max_lost: 5 of the 10 rows of release 0001 are not kept now, 50.00 %; at most 20.00 % may go",
    )
    assert "gate.max_lost: 5 of the 10" in (folder / "report" / "report.html").read_text("utf-8")


def test_a_held_release_can_be_looked_at(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its folder alone: nothing takes it for a release."""
    folder = str(held / "releases" / "0003")
    for command in (
        ["verify", folder],
        ["diff", str(held), folder],
        ["explain", folder, "in.parquet:0"],
        ["duplicates", folder],
        ["report", folder, "--to", f"{tmp_path}/report.html"],
    ):
        assert main(command) == 0, command
    assert "0003" in (tmp_path / "report.html").read_text("utf-8")
    capsys.readouterr()
    for command in (
        ["export", folder, "--template", "alpaca", "--output", f"{tmp_path}/export"],
        ["curate", "--input", f"{tmp_path}/in.parquet", "--output", f"{tmp_path}/new", "--previous", folder],
    ):
        assert main(command) == 2
        assert "a gate holds the one there, so it is not published" in capsys.readouterr().err


def test_a_held_release_can_be_published_all_the_same(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(held), "0003"]) == 2
    assert "a gate holds the release 0003" in capsys.readouterr().err
    assert main(["publish", str(held), "0003", "--held"]) == 0
    assert capsys.readouterr().out == f"{held}/LATEST names the release 0003\n"
    assert (output_folder.latest(str(held)), output_folder.held(str(held))) == ("0003", [])
    release = open_release(str(held))
    assert list(find_faults(release)) == []
    assert read_report(release).failures


def test_the_next_release_clears_what_is_held(held: Path, curate: Curate, tmp_path: Path) -> None:
    assert curate(f"{tmp_path}/in.parquet").folder.name == "0004"
    assert output_folder.held(str(held)) == []


def test_a_name_that_is_held_is_taken(held: Path, curate: Curate, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a gate holds the release 0003; publish it by 'tamis publish"):
        curate(f"{tmp_path}/in.parquet", release="0003")
    assert output_folder.held(str(held)) == ["0003"]
    assert main(["prune", str(held), "--keep", "1"]) == 0
    release = curate(f"{tmp_path}/in.parquet", release="0003")
    assert list(find_faults(open_release(str(release.folder)))) == []


@pytest.mark.parametrize(
    ("key", "limit"),
    [("max_lost", 0.1), ("max_drift", [{"measure": "verbs", "infinity_norm": 0.1}])],
)
def test_a_limit_on_what_moved_needs_a_release_before(
    curate: Curate, tmp_path: Path, key: str, limit: object
) -> None:
    path = str(write_rows(tmp_path / "in.parquet", ask_all(3)))
    recipe = recipe_for(path, **{f"gate__{key}": limit})
    with pytest.raises(
        UsageError, match=rf"^gate\.{key} needs a release before, .* --previous latest follows"
    ):
        curate(path, recipe=recipe)
    assert not (tmp_path / "output").exists()
    assert curate(path, recipe=recipe, previous="latest").report.moved is None


def test_command_says_why_and_where(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pattern = write_rows(tmp_path / "in.parquet", ask_all(3))
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        f"{{sources: [{{name: a, input: {pattern}}}], language: {{enabled: false}}, gate: {{min_rows: 4}}}}"
    )
    root = tmp_path / "out"
    command = ["curate", "--recipe", str(recipe), "--output", str(root), "--quiet", "--workers", "1"]
    assert main(command) == 3
    assert capfd.readouterr().err.splitlines() == [
        "tamis: release 0001 is held and nothing was published:",
        "tamis: gate.min_rows: 3 rows are kept, at least 4 are asked for",
        f"tamis: look at {root}/releases/0001; 'tamis publish {root} 0001 --held' publishes it",
    ]
    assert not (root / "LATEST").exists()
    record = json.loads((root / "runs" / "0001" / "run.json").read_text())
    assert record["release"] == "0001"


def test_unreadable_and_rejected_shares(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "a.parquet", [*ask_all(9), {"instruction": "", "output": "x"}], row_group_size=5
    )
    damage(path, 0)
    whole = write_rows(tmp_path / "b.parquet", [*ask_all(5), *ask_all(5)])
    report = curate([str(path), str(whole)]).report
    gate = Gate.model_validate(
        {
            "max_unreadable": 0.2,
            "max_rejected": [
                {"reason": "instruction_too_short", "share": 0.05},
                {"reason": "exact_duplicate", "share": 0.4},
                {"reason": "language", "share": 0.0},
            ],
        }
    )
    assert find_failures(gate, report) == [
        "gate.max_unreadable: 25.00 % of the input cannot be read, at most 20.00 % may",
        "gate.max_rejected: instruction_too_short takes 6.67 % of the rows read, at most 5.00 % may be",
    ]


def test_a_file_of_unknown_size_counts_as_a_file(curate: Curate, tmp_path: Path) -> None:
    whole = write_rows(tmp_path / "a.parquet", ask_all(9))
    cut = write_rows(tmp_path / "b.parquet", ask_all(9))
    cut.write_bytes(cut.read_bytes()[:100])
    report = curate([str(whole), str(cut)]).report
    assert find_failures(Gate(max_unreadable=0.4), report) == [
        "gate.max_unreadable: 50.00 % of the input cannot be read, at most 40.00 % may"
    ]


def test_own_rules_have_limits(curate: Curate, tmp_path: Path) -> None:
    path = str(write_rows(tmp_path / "in.parquet", ask_all(10)))
    own = [{"name": "asks", "use": f"{__name__}:asks", "meaning": "It asks."}]
    recipe = recipe_for(path, own=own, gate__max_rejected=[{"reason": "asks", "share": 0.5}])
    with pytest.raises(GateError, match=r"gate.max_rejected: asks takes 100.00 % of the rows read"):
        curate(path, recipe=recipe)


def asks(rows: pa.RecordBatch) -> pa.Array:
    return pc.match_substring(rows["instruction"], "?")
