"""Jobs that nobody waits for: the launcher hands them over, and they end their releases themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines import lease, output_folder
from pipelines.cli import main
from pipelines.errors import RunError
from schemas.release import Outcome
from tests import runners
from tests.buckets import INPUT, ROOT, check_whole, curate, upload
from tests.rows import ask_all, write_rows
from tests.stores import S3
from tests.tokenizers import byte_level
from transforms.steps import job as jobs

TEMPLATE = "s3://bucket/templates/curate"


@pytest.fixture
def command(s3: S3, tmp_path: Path) -> list[str]:
    """A command that makes a template of a job on a few rows in the bucket."""
    write_rows(tmp_path / "in" / "a.parquet", ask_all(10))
    upload(s3, tmp_path / "in")
    (tmp_path / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    given = ["curate", "--input", INPUT, "--output", ROOT, "--recipe", str(tmp_path / "recipe.yaml")]
    return [*given, "--quiet", "--runner=tests.runners.TemplateRunner", *s3.flags]


def outcome(s3: S3, name: str = "outcome.json") -> Outcome:
    return Outcome.model_validate_json(s3.read(f"out/runs/0001/{name}"))


@pytest.mark.parametrize("flag", [f"--template_location={TEMPLATE}", "--no_wait_until_finish"])
def test_job_ends_its_release_itself(
    s3: S3, command: list[str], capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    assert main([*command, flag]) == 0
    said, errors = capsys.readouterr()
    assert errors == ""
    assert said.count("\n") == 1
    assert "the job itself will publish the release 0001" in said
    assert (TEMPLATE in said) == ("template" in flag)
    assert "outcome.json" not in " ".join(s3.objects("out/"))
    assert check_whole(s3) == []
    assert main([*command, flag]) == 2
    assert "(of release 0001, process" in capsys.readouterr().err

    runners.start_kept(s3.flags)
    assert outcome(s3).status == "published"
    assert check_whole(s3) == ["0001"]
    assert s3.read("out/LATEST") == b"0001\n"
    assert s3.objects("out/.staging") == ["out/.staging/0001/plan.json"]
    assert curate(s3) == ("0002", "")
    assert not s3.objects("out/.staging")


def test_template_that_is_started_twice_publishes_once(s3: S3, command: list[str]) -> None:
    assert main([*command, f"--template_location={TEMPLATE}"]) == 0
    runners.start_kept(s3.flags)
    before = {key: s3.read(key) for key in s3.objects("out/releases")}
    runners.start_kept(s3.flags)
    assert {key: s3.read(key) for key in s3.objects("out/releases")} == before
    assert outcome(s3).status == "published"
    second = outcome(s3, "outcome-again.json")
    assert second.status == "failed"
    assert second.message == f"{ROOT} has a release 0001 already; releases are never changed"


def test_job_that_a_gate_holds_says_so(s3: S3, command: list[str], tmp_path: Path) -> None:
    given = [*command, "--previous", "latest", "--keep", "1"]
    recipe = "language: {enabled: false}\ngate: {min_rows: %d, max_lost: 0.5}\n"
    for at, status in enumerate(("held", "published", "held", "held", "published"), 1):
        rows = 11 if status == "held" else 10
        (tmp_path / "recipe.yaml").write_text(recipe % rows, "utf-8")
        assert main([*given, f"--template_location={TEMPLATE}"]) == 0
        for name in ("outcome.json", "outcome-again.json"):
            runners.start_kept(s3.flags)
            found = Outcome.model_validate_json(s3.read(f"out/runs/000{at}/{name}"))
            assert found.status == (status if name == "outcome.json" else "failed")
            assert s3.objects(f"out/.staging/000{at}/") == [
                f"out/.staging/000{at}/{left}"
                for left in ("plan.json", "previous.json", "released.arrow")
                if left == "plan.json" or at > 2
            ]
        if status == "held":
            assert output_folder.held(ROOT) == [f"000{at}"]
    assert check_whole(s3) == ["0005"]
    assert output_folder.held(ROOT) == []
    assert {key.split("/")[2] for key in s3.objects("out/releases/")} == {"0005"}


def test_template_that_was_given_up_publishes_nothing(s3: S3, command: list[str]) -> None:
    assert main([*command, f"--template_location={TEMPLATE}"]) == 0
    assert main(["unlock", ROOT, *s3.flags]) == 0
    runners.start_kept(s3.flags)
    assert outcome(s3).status == "failed"
    assert "the run no longer holds it; nothing was published" in outcome(s3).message
    assert check_whole(s3) == []
    assert curate(s3) == ("0002", "")
    jobs._plan.cache_clear()  # noqa: SLF001 — as in a fresh worker
    with pytest.raises(RuntimeError, match=r"plan\.json is gone: the run has ended, or was given up"):
        runners.start_kept(s3.flags)
    assert check_whole(s3) == ["0002"]


def test_job_that_cannot_be_handed_over_holds_nothing(
    s3: S3, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("the engine is away")

    monkeypatch.setattr(runners.TemplateRunner, "run_pipeline", fail)
    assert main([*command, f"--template_location={TEMPLATE}"]) == RunError.exit_code
    assert json.loads(s3.read("out/.lock"))["free"]
    assert lease.take(ROOT).holder.release == ""


def test_template_on_this_machine_is_published_by_its_job(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(10))
    (tmp_path / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    root = tmp_path / "out"
    given = ["curate", "--input", str(path), "--output", str(root), "--recipe", str(tmp_path / "recipe.yaml")]
    flags = ["--quiet", "--runner=tests.runners.TemplateRunner", f"--template_location={tmp_path}/t"]
    assert main([*given, *flags]) == 0
    assert not (root / "LATEST").exists()
    for name in ("outcome.json", "outcome-again.json"):
        runners.start_kept([])
        found = Outcome.model_validate_json((root / "runs" / "0001" / name).read_bytes())
        assert found.status == ("published" if name == "outcome.json" else "failed")
    assert (root / "LATEST").read_text("utf-8") == "0001\n"


def test_report_of_a_job_goes_with_its_release(tmp_path: Path) -> None:
    """It quotes rows that may have to be erased; how the job ended is told still."""
    path = write_rows(tmp_path / "in.parquet", ask_all(10))
    root = tmp_path / "out"
    given = ["curate", "--input", str(path), "--output", str(root), "--quiet", "--profile", "article"]
    flags = ["--runner=tests.runners.TemplateRunner", f"--template_location={tmp_path}/t"]
    assert main([*given, *flags]) == 0
    runners.start_kept([])

    def told() -> Outcome:
        return Outcome.model_validate_json((root / "runs" / "0001" / "outcome.json").read_bytes())

    assert told().report
    assert main([*given, "--keep", "1", "--workers", "1"]) == 0
    assert (told().status, told().report) == ("published", "")


def test_job_that_is_started_again_finds_all_that_was_asked(tmp_path: Path) -> None:
    """The tokenizer too, where what was judged by it is in no cache any more."""
    path = write_rows(tmp_path / "in.parquet", ask_all(10))
    (tmp_path / "tokenizer.json").write_bytes(byte_level())
    recipe = f"language: {{enabled: false}}\ntokenizer: {tmp_path}/tokenizer.json\n"
    (tmp_path / "recipe.yaml").write_text(recipe, "utf-8")
    root = tmp_path / "out"
    given = ["curate", "--input", str(path), "--output", str(root), "--recipe", str(tmp_path / "recipe.yaml")]
    flags = ["--quiet", "--runner=tests.runners.TemplateRunner", f"--template_location={tmp_path}/t"]
    assert main([*given, *flags]) == 0
    for name in ("outcome.json", "outcome-again.json"):
        jobs._tokenizer.cache_clear()  # noqa: SLF001 — as in a fresh worker
        shutil.rmtree(root / ".cache", ignore_errors=True)
        runners.start_kept([])
        found = Outcome.model_validate_json((root / "runs" / "0001" / name).read_bytes())
        assert found.status == ("published" if name == "outcome.json" else "failed")
