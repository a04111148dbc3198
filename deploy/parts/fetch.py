"""What engines and schedulers need beside Tamis, from package registries, each once, into the user's cache.

    python3 deploy/parts/fetch.py [PART ...]     have these (all of them), and say where they are
    python3 deploy/parts/fetch.py --path PART    have it, and print its path alone

prism              Beam's local engine, built by Go
spark-job-server   translates Beam's pipelines to Spark's, put together by Maven
flink-job-server   the same for Flink
spark              a Spark distribution for clusters on one machine, out of PyPI's pyspark
airflow            an environment with Airflow, for the test of its DAG
kubernetes         a validator of Kubernetes manifests, for the test of the CronJob

With access to all of Maven Central and GitHub, Beam fetches the first three by itself; these are for machines
that reach package registries only. `tamis curate` uses what is in the cache, so `--runner` alone is enough.
It needs nothing but Python's own library, so that it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

PRISM, JOB_SERVER, SPARK = "2.77.0", "2.62.0", "3.5.0"
AIRFLOW, KUBERNETES = "3.3.2", "1.37.0"
HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tamis" / "engines"


class MissingToolError(RuntimeError):
    """A program that builds a part is not there."""


def _run(program: str, *arguments: str, needs: str, **variables: str) -> None:
    """Run a build program; what it prints is shown only where it fails."""
    if shutil.which(program) is None:
        raise MissingToolError(f"{program} is not there; install {needs}")
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed with {done.returncode}:\n{done.stdout[-4000:]}")


def _prism(work: Path) -> Path:
    package = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{PRISM}"
    _run("go", "install", package, needs="Go 1.25 or later", GOBIN=str(work), GOFLAGS="-modcacherw")
    return work / "prism"


def _job_server(engine: str, work: Path) -> Path:
    shutil.copy(HERE.parent / engine / "job-server" / "pom.xml", work)
    _run("mvn", "-q", "-B", "-f", str(work / "pom.xml"), "package", needs="Maven and Java 17")
    return work / "target" / f"{engine}-job-server-{JOB_SERVER}.jar"


def _spark(work: Path) -> Path:
    wheel = ["--no-deps", "--no-compile", "--target", str(work), f"pyspark=={SPARK}"]
    _run(sys.executable, "-m", "pip", "install", "--quiet", *wheel, needs="pip")
    home = work / "pyspark"
    shutil.rmtree(home / "examples", ignore_errors=True)
    return home


def _airflow(work: Path) -> Path:
    python = work / "airflow" / "bin" / "python"
    constraints = str(HERE.parent / "airflow" / "constraints.txt")
    _run(sys.executable, "-m", "venv", str(work / "airflow"), needs="Python's venv")
    wanted = ["--constraint", constraints, f"apache-airflow=={AIRFLOW}"]
    _run(str(python), "-m", "pip", "install", "--quiet", *wanted, needs="pip")
    return work / "airflow"


def _kubernetes(work: Path) -> Path:
    package = ["--target", str(work / "packages"), f"kubernetes-validate=={KUBERNETES}"]
    _run(sys.executable, "-m", "pip", "install", "--quiet", *package, needs="pip")
    return work / "packages"


PARTS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "prism": (f"prism-{PRISM}", _prism),
    "spark-job-server": (f"spark-job-server-{JOB_SERVER}.jar", lambda work: _job_server("spark", work)),
    "flink-job-server": (f"flink-job-server-{JOB_SERVER}.jar", lambda work: _job_server("flink", work)),
    "spark": (f"spark-{SPARK}", _spark),
    "airflow": (f"airflow-{AIRFLOW}-python{sys.version_info[0]}.{sys.version_info[1]}", _airflow),
    "kubernetes": (f"kubernetes-validate-{KUBERNETES}", _kubernetes),
}
"""Name in the cache of each part, and what makes it in an empty folder."""


def fetch(part: str) -> Path:
    """Path of a part, made first where it is missing; whoever comes second waits."""
    name, make = PARTS[part]
    path = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{part}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            print(f"fetching {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=CACHE) as work:
                make(Path(work)).rename(path)
    return path


def main() -> int:
    """Fetch what is asked for; give the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--path", choices=PARTS, metavar="PART", help="print the path of this part alone")
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"{unknown[0]} is no part; there are {', '.join(PARTS)}")
    try:
        if given.path:
            print(fetch(given.path))
        else:
            for part in given.parts or PARTS:
                print(f"{part:<17} {fetch(part)}")
    except (RuntimeError, OSError) as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
