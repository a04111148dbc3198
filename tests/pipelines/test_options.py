"""Flags: Tamis's own, Beam's, and those of neither."""

from __future__ import annotations

import argparse

import pytest

from pipelines.errors import UsageError
from pipelines.options import IN_MEMORY, Parser, beam_arguments, beam_options, check_beam_flags, check_runner


@pytest.fixture
def own() -> argparse.ArgumentParser:
    parser = Parser(prog="tamis curate")
    parser.add_argument("--threshold")
    return parser


def test_all_workers_are_used_in_memory() -> None:
    assert beam_arguments(None, 1, []) == [f"--runner={IN_MEMORY}"]
    assert beam_arguments(None, 3, ["--save_main_session"]) == [
        f"--runner={IN_MEMORY}",
        "--save_main_session",
        "--direct_num_workers=3",
        "--direct_running_mode=multi_processing",
    ]


def test_named_runner_gets_what_is_given_only() -> None:
    assert beam_arguments("SparkRunner", 4, ["--x", "1"]) == ["--runner=SparkRunner", "--x", "1"]


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
    check_beam_flags(flags, own)


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
        check_beam_flags([flag], own)
    assert str(caught.value) == f"{name} is a flag of neither Tamis nor Beam{hint}"


def test_known_runners_pass() -> None:
    for name in ("DirectRunner", "PrismRunner", "SparkRunner", "FlinkRunner", "directrunner", IN_MEMORY):
        check_runner(name)


def test_unknown_runner_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--runner: .*DirektRunner"):
        check_runner("DirektRunner")


def test_beams_options_are_many() -> None:
    flags = {flag for action in beam_options()._actions for flag in action.option_strings}  # noqa: SLF001
    assert {"--runner", "--temp_location", "--direct_num_workers", "--sdk_container_image"} < flags


def test_parser_raises_sentences() -> None:
    with pytest.raises(UsageError, match=r"^unrecognized arguments: x \(see 'tamis --help'\)$"):
        Parser(prog="tamis").parse_args(["x"])
