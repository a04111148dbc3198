"""Schedules: each runs a command that there is, one at a time, and leaves a held release to a person."""

from __future__ import annotations

import ast
import fcntl
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import output_folder
from pipelines.commands import cache, curate
from pipelines.errors import GATE_FAILED
from pipelines.options import Parser
from schemas.recipe import load_recipe
from tests.rows import ask_all, write_rows

DEPLOY = Path(__file__).parents[3] / "deploy"
SCHEDULES = DEPLOY / "schedules"
SERVICE, TIMER = SCHEDULES / "tamis-refresh.service", SCHEDULES / "tamis-refresh.timer"
INSTALLED = "/opt/tamis/.venv/bin/tamis"


def cron_lines() -> list[str]:
    """The lines of the crontab that are no comments: a refresh, and the cache cleared."""
    return [line for line in (SCHEDULES / "crontab").read_text("utf-8").splitlines() if line[0] != "#"]


def cron_job() -> dict[str, Any]:
    """The CronJob of the manifest."""
    found: dict[str, Any] = list(yaml.safe_load_all((SCHEDULES / "cronjob.yaml").read_text("utf-8")))[1]
    return found


def container() -> dict[str, Any]:
    """The container that the CronJob runs."""
    (found,) = cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


def unit(path: Path) -> dict[str, str]:
    """The settings of a unit of systemd."""
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text("utf-8"), re.MULTILINE))


def dag_command() -> list[str]:
    """The command of the DAG's first task."""
    tree = ast.parse((DEPLOY / "airflow" / "tamis_refresh.py").read_text("utf-8"))
    texts = (
        word.value.value
        for word in ast.walk(tree)
        if isinstance(word, ast.keyword)
        and word.arg == "bash_command"
        and isinstance(word.value, ast.Constant)
    )
    return shlex.split(str(next(texts)).removesuffix(" $OPTIONS"))[2:]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Arguments of `tamis` in each schedule."""
    yield "cron", shlex.split(cron_lines()[0].partition(INSTALLED)[2])
    yield "systemd", shlex.split(unit(SERVICE)["ExecStart"].removeprefix(INSTALLED))
    yield "kubernetes", container()["args"]
    yield "airflow", dag_command()


@pytest.mark.parametrize(("name", "arguments"), list(commands()), ids=lambda value: str(value)[:10])
def test_command_is_one_that_there_is(name: str, arguments: list[str]) -> None:
    parsers = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    curate.add(parsers)
    parsed, rest = parsers.choices["curate"].parse_known_args(arguments[1:])
    assert (arguments[0], rest) == ("curate", [])
    assert parsed.previous == "latest"
    assert parsed.output
    assert parsed.recipe
    assert name == "airflow" or (parsed.keep, parsed.quiet) == (30, True)


def test_kubernetes_gives_a_held_release_up_at_once() -> None:
    job = cron_job()["spec"]["jobTemplate"]["spec"]
    fail, ignore = job["podFailurePolicy"]["rules"]
    codes = fail["onExitCodes"]
    assert (fail["action"], codes["operator"], codes["values"]) == ("FailJob", "In", [GATE_FAILED])
    assert codes["containerName"] == container()["name"]
    assert (ignore["action"], job["template"]["spec"]["restartPolicy"]) == ("Ignore", "Never")
    assert job["backoffLimit"] > 0
    assert cron_job()["spec"]["concurrencyPolicy"] == "Forbid"


def test_kubernetes_has_the_recipe_that_it_names() -> None:
    (config,) = list(yaml.safe_load_all((SCHEDULES / "cronjob.yaml").read_text("utf-8")))[:1]
    pod = cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    volume = next(each for each in pod["volumes"] if "configMap" in each)
    assert volume["configMap"]["name"] == config["metadata"]["name"]
    (mount,) = [each for each in container()["volumeMounts"] if each["name"] == volume["name"]]
    ((name, text),) = config["data"].items()
    assert f"--recipe={mount['mountPath']}/{name}" in container()["args"]
    assert load_recipe(text, where=name).gate.max_lost == 0.05


@pytest.mark.parametrize(
    "line",
    [cron_lines()[1].partition(INSTALLED)[2], unit(SERVICE)["ExecStartPost"].removeprefix(f"-{INSTALLED}")],
)
def test_the_cache_is_cleared(line: str) -> None:
    parsers = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    cache.add(parsers)
    command, *arguments = shlex.split(line.removesuffix(" > /dev/null"))
    assert command == "cache"
    parsed = parsers.choices["cache"].parse_args(arguments)
    assert (parsed.folder, parsed.unused_for) == ("/var/lib/tamis/releases", 30)


def test_a_refresh_that_hangs_is_ended_before_the_next() -> None:
    """Each schedule lets one run at a time, so one that never ends would end them all."""
    assert " timeout --verbose 20h " in cron_lines()[0]
    assert unit(SERVICE)["TimeoutStartSec"] == "20h"
    assert cron_job()["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 20 * 3600
    assert '"execution_timeout": timedelta(hours=20)' in (DEPLOY / "airflow" / "tamis_refresh.py").read_text(
        "utf-8"
    )


def test_kubernetes_has_as_many_processes_as_cores() -> None:
    assert f"--workers={container()['resources']['requests']['cpu']}" in container()["args"]


def test_systemd_gives_a_held_release_up_at_once() -> None:
    service = unit(SERVICE)
    assert (service["Type"], service["Restart"]) == ("oneshot", "on-failure")
    assert service["RestartPreventExitStatus"] == str(GATE_FAILED)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    tamis = Path(sys.executable).with_name("tamis")
    for path in (SERVICE, TIMER):
        text = path.read_text("utf-8").replace(INSTALLED, str(tamis))
        (tmp_path / path.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""
    (tmp_path / SERVICE.name).write_text("[Service]\nType=once\nExecStart=/bin/true\n", "utf-8")
    assert (
        "Failed to parse service type"
        in subprocess.run(command, capture_output=True, text=True, check=False).stderr
    )


@pytest.mark.skipif(shutil.which("flock") is None, reason="there is no flock")
def test_cron_line_refreshes_one_at_a_time(tmp_path: Path) -> None:
    pattern = write_rows(tmp_path / "in.parquet", ask_all(3))
    recipe = tmp_path / "recipe.yaml"
    source = f"sources: [{{name: a, input: {pattern}}}]\nlanguage: {{enabled: false}}\n"
    recipe.write_text(source, "utf-8")
    fields = cron_lines()[0].split(" ", 5)
    assert all(re.fullmatch(r"[0-9*]+", field) for field in fields[:5])
    command = fields[5].replace(INSTALLED, str(Path(sys.executable).with_name("tamis")))
    command = command.replace("/var/lib/tamis", str(tmp_path)).replace("/etc/tamis", str(tmp_path))

    def run() -> tuple[int, str]:
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    root = str(tmp_path / "releases")
    with (tmp_path / "refresh.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run() == (0, "")
    assert output_folder.releases(root) == []
    assert run() == (0, "")
    assert output_folder.releases(root) == ["0001"]
    recipe.write_text(f"{source}gate: {{min_rows: 4}}\n", "utf-8")
    code, said = run()
    assert code == GATE_FAILED
    assert "gate.min_rows: 3 rows are kept, at least 4 are asked for" in said
    assert output_folder.releases(root) == ["0001"]
