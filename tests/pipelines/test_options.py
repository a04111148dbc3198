"""Flags: Tamis's own, Beam's, and those of neither."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.commands import curate
from pipelines.errors import UsageError
from pipelines.options import Parser, beam_options, read_beam_flags


@pytest.fixture
def own() -> argparse.ArgumentParser:
    parser = Parser(prog="tamis curate")
    parser.add_argument("--threshold")
    return parser


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--direct_num_workers", "2"],
        ["--direct_running_mode=multi_processing", "--job_name", "x"],
        ["--temp_location", "gs://bucket/tmp", "--region=us-central1", "--experiments=a", "--experiments=b"],
        ["--spark_master_url", "local[2]", "--environment_type", "LOOPBACK"],
        ["--flink_master=[local]", "--flink_version", "1.19", "--parallelism", "2"],
        ["--environment_config", '{"command":"boot.sh"}'],
    ],
    ids=str,
)
def test_beams_flags_pass(flags: list[str], own: argparse.ArgumentParser) -> None:
    assert read_beam_flags(flags, own)[0] == flags


def test_flags_are_read_as_beam_spells_them(own: argparse.ArgumentParser) -> None:
    given = [
        "--spark-master=local[2]",
        "--job-name",
        "a-b",
        "--experiments=x",
        "--no-auth",
        "--parallelism=3",
    ]
    flags, values = read_beam_flags(given, own)
    assert flags[:3] == ["--spark_master_url=local[2]", "--job_name", "a-b"]
    assert values == {
        "spark_master_url": "local[2]",
        "job_name": "a-b",
        "experiments": ["x"],
        "no_auth": True,
        "parallelism": 3,
    }


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("--treshold=1", "; did you mean --threshold?"),
        ("--tmp_location", "; did you mean --temp_location?"),
        ("--qqqqqqqq", ""),
    ],
)
def test_flags_of_neither_are_refused(flag: str, hint: str, own: argparse.ArgumentParser) -> None:
    name = flag.partition("=")[0]
    with pytest.raises(UsageError) as caught:
        read_beam_flags([flag], own)
    assert str(caught.value) == f"{name} is a flag of neither Tamis nor Beam{hint}"


def test_beams_options_are_many() -> None:
    flags = {flag for action in beam_options()._actions for flag in action.option_strings}  # noqa: SLF001
    assert {"--runner", "--temp_location", "--direct_num_workers", "--sdk_container_image"} < flags


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["curat"], "; for curat, did you mean curate?"),
        (["export", "x", "--templete=alpaca"], "; for --templete, did you mean --template?"),
        (["curate", "--output=y", "--profile=artikle"], "; for artikle, did you mean article?"),
        (["duplicates", "x", "--limt=3"], "; for --limt, did you mean --limit?"),
        (["verify", "x", "--s3_endpoint_uri=y"], ""),
        (["curate", "x", "--output", "y"], ""),
    ],
)
def test_what_is_nearest_is_named(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert ("did you mean" in told) == bool(hint)
    assert hint in told


def test_stores_are_reached_by_flags_of_either_spelling(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for flag in ("--s3-endpoint-url=http://x", "--s3_endpoint_url=http://x"):
        assert main(["verify", str(tmp_path), flag]) == 2
        assert capsys.readouterr().err == f"tamis: there is no release at {tmp_path}: nothing is there\n"


def test_a_wrong_option_of_a_store_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "x", "--s3-disable-ssl=x"]) == 2
    assert capsys.readouterr().err.startswith("tamis: argument --s3_disable_ssl: ignored explicit argument")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"tamis {version('tamis')}\n")


def test_parser_raises_sentences() -> None:
    with pytest.raises(UsageError, match=r"^unrecognized arguments: x \(see 'tamis --help'\)$"):
        Parser(prog="tamis").parse_args(["x"])


@pytest.mark.parametrize("flag", ["--input", "--reference", "--benchmark", "--remove"])
def test_a_flag_of_files_that_is_given_twice_names_them_all(flag: str) -> None:
    """The last alone would be silent loss."""
    parsers = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    curate.add(parsers)
    for given in ([flag, "a", "b", flag, "c"], [flag, "a", "b", "c"]):
        parsed = parsers.choices["curate"].parse_args(["--output", "x", *given])
        assert getattr(parsed, flag.removeprefix("--")) == ["a", "b", "c"]
    assert getattr(parsers.choices["curate"].parse_args(["--output", "x"]), flag.removeprefix("--")) == []
