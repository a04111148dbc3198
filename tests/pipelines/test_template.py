"""A Flex Template's parameters are the options of `tamis curate`, and come back as such."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.commands import curate
from pipelines.errors import UsageError
from pipelines.options import Parser, read_beam_flags
from pipelines.template import LEFT_OUT, main, metadata, to_arguments, to_parameters

LAUNCHED = [
    "--runner=DataflowRunner",
    "--project=my-project-1",
    "--region=us-central1",
    "--job_name=tamis-1",
    "--template_location=gs://some-bucket/staging/template_launches/2026-01-01/job_object",
    "--staging_location=gs://some-bucket/staging",
    "--temp_location=gs://some-bucket/tmp",
    "--labels={'goog-dataflow-provided-template-type': 'flex'}",
    "--experiments=use_runner_v2",
    "--num_workers=2",
    "--max_num_workers=5",
    "--worker_machine_type=n2-standard-8",
    "--service_account_email=worker@my-project-1.iam.gserviceaccount.com",
    "--network=default",
    "--subnetwork=regions/us-central1/subnetworks/default",
    "--no_use_public_ips",
    "--dataflow_kms_key=projects/p/locations/l/keyRings/r/cryptoKeys/k",
    "--flexrs_goal=COST_OPTIMIZED",
    "--sdk_container_image=us-central1-docker.pkg.dev/my-project-1/tamis/tamis:1",
]
"""What the service's launcher may add to a template's own parameters."""

VALUES = {
    "input": "gs://b/*.parquet 's3://c/my data/{x,y}.parquet'",
    "output": "gs://b/out",
    "reference": "gs://b/earlier/*.parquet",
    "benchmark": "hdfs://b/tests/*.parquet",
    "previous": "latest",
    "remove": "gs://b/takedowns.txt 'gs://b/more takedowns.txt'",
    "keep": "7",
    "recipe": "gs://b/recipe.yaml",
    "profile": "default",
    "release": "2026-01.b",
    "languages": "en, de,zh",
    "threshold": "0.85",
    "top": "5000",
    "save_rejects": "true",
    "cache": "gs://b/cache",
    "unit_bytes": "1000",
    "buckets": "7",
    "crowd_rows": "1000",
}
WRONG = {
    "input": "data/*.parquet",
    "output": "/data/out",
    "reference": "~/earlier.parquet",
    "benchmark": "*.parquet",
    "previous": "none",
    "remove": "takedowns.txt",
    "keep": "0",
    "recipe": "recipe.yaml",
    "release": "../x",
    "languages": "EN",
    "threshold": "80%",
    "top": "1e6",
    "save_rejects": "yes",
    "cache": "cache",
    "unit_bytes": "0",
    "buckets": "-1",
    "crowd_rows": "1.5",
}


def parser() -> Parser:
    commands = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    curate.add(commands)
    return commands.choices["curate"]


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    return parser().parse_known_args(list(arguments)[1:])


def test_every_option_is_a_parameter_or_left_out() -> None:
    options = {action.dest for action in parser()._actions}  # noqa: SLF001 — no public list
    names = [parameter["name"] for parameter in metadata()["parameters"]]
    assert len(names) == len(set(names))
    assert set(names) | LEFT_OUT == options
    assert not set(names) & LEFT_OUT


def test_parameters_are_described_as_the_options_are() -> None:
    helps = {action.dest: (str(action.help), action.required) for action in parser()._actions}  # noqa: SLF001 — no public list
    for parameter in metadata()["parameters"]:
        text, required = helps[parameter["name"]]
        assert parameter["helpText"].lower().startswith(text.lower())
        assert parameter["isOptional"] is not required
        assert parameter["label"]
        assert re.fullmatch("[a-z_]+", parameter["name"])


@pytest.mark.parametrize("parameter", metadata()["parameters"], ids=lambda parameter: str(parameter["name"]))
def test_what_a_parameter_takes(parameter: dict[str, object]) -> None:
    name = str(parameter["name"])
    patterns = parameter.get("regexes")
    if patterns is None:
        assert VALUES[name] in str(parameter["enumOptions"])
        return
    assert isinstance(patterns, list)
    assert all(re.search(pattern, VALUES[name]) for pattern in patterns)
    assert not all(re.search(pattern, WRONG[name]) for pattern in patterns)


def test_launch_is_a_command() -> None:
    launched = [*(f"--{name}={value}" for name, value in VALUES.items()), *LAUNCHED]
    parsed, rest = parse(to_arguments(launched))
    assert parsed.input == ["gs://b/*.parquet", "s3://c/my data/{x,y}.parquet"]
    assert (parsed.output, parsed.threshold, parsed.save_rejects) == ("gs://b/out", 0.85, True)
    assert (parsed.unit_bytes, parsed.buckets, parsed.crowd_rows) == (1000, 7, 1000)
    assert parsed.languages == "en, de,zh"
    assert parsed.runner == "DataflowRunner"
    flags, given = read_beam_flags(rest, parser())
    assert len(flags) == len(LAUNCHED) - 1
    assert given["template_location"].endswith("/job_object")
    assert (given["machine_type"], given["max_num_workers"], given["use_public_ips"]) == (
        "n2-standard-8",
        5,
        False,
    )


def test_dataflow_is_the_engine_of_a_template() -> None:
    assert parse(to_arguments(["--output=gs://b/out"]))[0].runner == "dataflow"


def test_what_is_empty_or_false_is_not_given() -> None:
    parsed, rest = parse(
        to_arguments(["--output=gs://b/out", "--input=", "--save_rejects=False", "--cache="])
    )
    assert (parsed.input, parsed.save_rejects, parsed.cache, rest) == ([], False, None, [])


@given(st.lists(st.text("ab /*'\"~,=\\\u00e9", min_size=1).map(lambda text: f"gs://{text}"), min_size=1))
def test_globs_come_back_whatever_is_in_them(globs: list[str]) -> None:
    parameters = to_parameters(["--input", *globs, "--output", "gs://b/out"])
    launched = [f"--{name}={value}" for name, value in parameters.items()]
    assert parse(to_arguments(launched))[0].input == globs


def test_all_options_come_back() -> None:
    first, _ = parse(to_arguments([f"--{name}={value}" for name, value in VALUES.items()]))
    options = ["--input", *first.input, "--output=gs://b/out", "--save-rejects", "--unit-bytes=1000"]
    launched = [f"--{name}={value}" for name, value in to_parameters(options).items()]
    second, _ = parse(to_arguments(launched))
    assert (second.input, second.output) == (first.input, first.output)
    assert (second.save_rejects, second.unit_bytes) == (True, 1000)


def test_wrong_option_is_named() -> None:
    with pytest.raises(UsageError, match=r"unrecognized arguments: --tresholt=0\.8"):
        to_parameters(["--output=gs://b/out", "--tresholt=0.8"])
    with pytest.raises(UsageError, match="--output"):
        to_parameters(["--input=gs://b/a"])


def test_launch_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output=gs://b/out", "--input='gs://b/a"]) == 2
    assert "tamis: --input 'gs://b/a: no closing quotation" in capsys.readouterr().err
    assert main(["--output=gs://b/out", "--save_rejects=maybe"]) == 2
    assert "tamis: --save-rejects is true or false, found 'maybe'" in capsys.readouterr().err
    assert main(["--output=gs://b/out"]) == 2
    assert "there is nothing to read: give --input" in capsys.readouterr().err
    assert main(["--output=gs://b/out", "--input=gs://b/a", *LAUNCHED[:2]]) == 2
    assert "tamis: --runner dataflow needs --region as well" in capsys.readouterr().err
