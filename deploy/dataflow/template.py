"""Builds the Flex Template of Tamis and starts jobs of it, with Google Cloud's own command.

    .venv/bin/python deploy/dataflow/template.py build --project P --region R --bucket gs://B
    .venv/bin/python deploy/dataflow/template.py run --project P --region R --bucket gs://B -- OPTIONS
    .venv/bin/python deploy/dataflow/template.py metadata

`build` builds the image with Cloud Build, pushes it to Artifact Registry (repository `tamis`) and writes the
template to the bucket. `run` starts a job; OPTIONS are those of `tamis curate`. Options of `gcloud dataflow
flex-template` that are unknown here, such as --max-workers or --flexrs-goal, are passed on as --name=value.
--dry-run shows the commands instead. `metadata` writes metadata.json anew from the options of `tamis curate`.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from pipelines.errors import TamisError, UsageError
from pipelines.template import metadata, to_parameters

HERE = Path(__file__).parent
METADATA = HERE / "metadata.json"
SEPARATORS = ("~", "|", ";", "@@", "##")
"""What may stand between parameters: gcloud takes any text that is in none of them."""


def to_text() -> str:
    """The content of metadata.json."""
    return json.dumps(metadata(), indent=2) + "\n"


def build(given: argparse.Namespace, more: Sequence[str]) -> Iterator[list[str]]:
    """Commands that build the image and the template."""
    yield [str(HERE.parent / "image" / "build"), "--cloud", _image(given)]
    yield [
        *("gcloud", "dataflow", "flex-template", "build", _template(given)),
        f"--image={_image(given)}",
        "--sdk-language=PYTHON",
        f"--metadata-file={METADATA}",
        f"--project={given.project}",
        *more,
    ]


def run(given: argparse.Namespace, more: Sequence[str], options: Sequence[str]) -> Iterator[list[str]]:
    """The command that starts a job."""
    name = given.job_name or f"tamis-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    yield [
        *("gcloud", "dataflow", "flex-template", "run", name),
        f"--template-file-gcs-location={_template(given)}",
        f"--project={given.project}",
        f"--region={given.region}",
        f"--staging-location={given.bucket}/staging",
        f"--temp-location={given.bucket}/temporary",
        f"--parameters={join(to_parameters(options))}",
        *more,
    ]


def join(parameters: Mapping[str, str]) -> str:
    """Parameters as one value of gcloud's.

    >>> join({"input": "gs://b/*.parquet", "languages": "en,de"})
    '^~^input=gs://b/*.parquet~languages=en,de'
    """
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    free = [mark for mark in SEPARATORS if not any(mark in pair for pair in pairs)]
    if not free:
        raise UsageError(
            f"the options hold all of {' '.join(SEPARATORS)}, so that gcloud cannot be handed them"
        )
    return f"^{free[0]}^{free[0].join(pairs)}"


def _image(given: argparse.Namespace) -> str:
    where = f"{given.region}-docker.pkg.dev/{given.project}/tamis"
    return given.image or f"{where}/tamis:{version('tamis')}"


def _template(given: argparse.Namespace) -> str:
    return given.template or f"{given.bucket}/tamis-{version('tamis')}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("step", choices=("build", "run", "metadata"))
    parser.add_argument("--project", metavar="NAME", help="Google Cloud project")
    parser.add_argument("--region", metavar="NAME", help="where image and workers are")
    parser.add_argument("--bucket", metavar="gs://NAME", help="for the template, staged and temporary files")
    parser.add_argument("--image", metavar="NAME", help="the image, if not in the project's repository tamis")
    parser.add_argument("--template", metavar="gs://PATH", help="the template, if not beside staging")
    parser.add_argument("--job-name", metavar="NAME", help="the job (default: tamis and the time)")
    parser.add_argument("--dry-run", action="store_true", help="show the commands")
    return parser


def commands(arguments: Sequence[str]) -> Iterator[list[str]]:
    """The commands that arguments stand for.

    Raises:
        UsageError: something needed is missing or wrong.
    """
    at = arguments.index("--") if "--" in arguments else len(arguments)
    given, more = _parser().parse_known_args(arguments[:at])
    missing = [name for name in ("project", "region", "bucket") if getattr(given, name) is None]
    if missing:
        raise UsageError(f"--{missing[0]} is missing")
    given.bucket = given.bucket.rstrip("/")
    if not given.bucket.startswith("gs://"):
        raise UsageError(f"--bucket begins with gs://, found {given.bucket}")
    yield from build(given, more) if given.step == "build" else run(given, more, arguments[at + 1 :])


def main(arguments: Sequence[str]) -> int:
    """Run or show the commands; give the exit code."""
    if arguments[:1] == ["metadata"]:
        METADATA.write_text(to_text(), "utf-8")
        return 0
    dry = "--dry-run" in arguments
    try:
        for command in commands(arguments):
            print(shlex.join(command), flush=True)
            if not dry:
                subprocess.run(command, check=True)
    except TamisError as error:
        print(f"template: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"template: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
