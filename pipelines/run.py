"""One run of `tamis curate`, from recipe to release."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines import holding, output_folder
from pipelines.detached import handed_over, is_detached, waits
from pipelines.engines import Asked, choose_engine
from pipelines.errors import GateError, RunError
from pipelines.escapes import tell
from pipelines.models import find_language_model, read_tokenizer, try_rules
from pipelines.noise import hushed
from pipelines.planning import UNIT_BYTES, plan_run
from pipelines.planning.benchmarks import Benchmarks, read_benchmarks
from pipelines.planning.previous import LATEST, Previous, check_gate, find_latest, find_previous
from pipelines.planning.removals import follow_files, join_lists, names_nothing, read_lists
from pipelines.planning.work import tell_whole, worth
from pipelines.processes import interruptible
from pipelines.progress import watch
from pipelines.repeat import look_here, looked_at, repeat
from schemas import paths
from schemas.paths import Places
from schemas.plan import CROWD_ROWS, Plan
from schemas.recipe import Recipe
from schemas.release import Outcome
from transforms.kernels.removals import Removals
from transforms.steps import storage
from transforms.steps.benchmarks import to_table
from transforms.steps.cache import damaged_entries
from transforms.steps.job import Job, store, store_bytes
from transforms.steps.stores.errors import sentence_of
from transforms.steps.stores.registry import configure


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one run is asked to do."""

    recipe: Recipe
    output: str
    release: str | None = None
    previous: str | None = None
    remove: Sequence[str] = ()
    keep: int | None = None
    cache: str | None = None
    workers: int | None = 1
    runner: str | None = None
    beam: Sequence[str] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    unit_bytes: int = UNIT_BYTES
    buckets: int | None = None
    crowd_rows: int = CROWD_ROWS
    quiet: bool = False
    verbose: bool = False


def run(request: Request) -> tuple[Outcome, Places]:
    """Curate; give how it ended and where."""
    if (request.previous or "").lower() == LATEST:  # as the file that names it is spelt, too
        request = replace(request, previous=LATEST)
    root = storage.folder(request.output)
    cache = storage.absolute(request.cache or f"{root}/{paths.CACHE}")
    asked = _asked(request, root, cache)
    engine = choose_engine(request.runner, asked)
    engine.check(asked)
    configure(request.beam)
    _check(request, root, cache)
    given = _read(request)
    _tell(given)
    with holding.lock(root) as hold:
        previous = find_latest(root, request.recipe.dedup) if request.previous == LATEST else given.previous
        output_folder.clear_leftovers(root)
        name = output_folder.choose_name(root, request.release, hold.owner)
        hold.name(name)
        places, started = Places(root=root, release=name, cache=cache), time.time()
        plan = _store(given, places, previous)
        job = Job.start(places, plan, hold.owner, detached=is_detached(request.given))
        asked = replace(asked, most=len(plan.units), worth=worth(plan, previous))
        work = _Work(request, job, engine.arguments(asked))
        look = look_here if engine.at_hand else work.look
        followed = None if job.detached else previous
        repeated = followed is not None and repeat(followed, job, look, quiet=request.quiet)
        if not repeated:
            with hold.handing_over(detached=job.detached):
                work.execute()
        if job.detached:
            return handed_over(places, request.given), places
        outcome = Outcome.model_validate_json(storage.read_bytes(places.outcome))
        if outcome.status == "failed":
            raise RunError(outcome.message)
        how = {"workers": asked.cores, "runner": engine.label, "repeats": repeated}
        how |= {"damaged_entries": _tell_damaged(places), "shuffled_bytes": work.shuffled}
        _settle(places, started, how, places.staging if hold.lease else f"{root}/{paths.STAGING}")
        _check_gate(outcome, places)
    return outcome, places


def _check(request: Request, root: str, cache: str) -> None:
    """Refuse what can be told to be wrong before anything is read."""
    check_gate(request.recipe.gate, request.previous)
    output_folder.check_root(root, cache)
    if request.release is not None:
        output_folder.check_name(request.release)
    try_rules(request.recipe)


@dataclass(frozen=True)
class _Given:
    """All that a run reads before it holds its output folder."""

    tokenizer: bytes | None
    planned: Plan
    benchmarks: Benchmarks | None
    removals: Removals
    previous: Previous | None


def _read(request: Request) -> _Given:
    return _Given(
        tokenizer=read_tokenizer(request.recipe.tokenizer),
        planned=_plan(request),
        benchmarks=read_benchmarks(request.recipe),
        removals=read_lists(request.remove),
        previous=None
        if request.previous in {None, LATEST}
        else find_previous(str(request.previous), request.recipe.dedup),
    )


def _store(given: _Given, places: Places, previous: Previous | None) -> Plan:
    """The plan of a run that has a name, once all is stored that it speaks of."""
    plan = _look_back(replace(given.planned, release=places.release), places, previous, given.removals)
    if given.benchmarks is not None:
        index = store(places.benchmarks, to_table(given.benchmarks.index))
        plan = replace(plan, benchmarks=index, benchmark_files=given.benchmarks.files)
    if given.tokenizer is not None:
        plan = replace(plan, tokenizer=store_bytes(places.tokenizer, given.tokenizer))
    return plan


def _plan(request: Request) -> Plan:
    """The plan but for what the output folder has to say to it."""
    plan = plan_run(request.recipe, find_language_model(request.recipe), request.unit_bytes, request.buckets)
    return replace(plan, crowd_rows=request.crowd_rows, keep=request.keep)


def _tell(given: _Given) -> None:
    """Tell of what a run may go wrong by, and is not refused for."""
    for line in names_nothing(given.removals, given.planned):
        tell(f"no file of the input is one that the takedown list names by {line}")
    if whole := tell_whole(given.planned):
        tell(whole)


def _tell_damaged(places: Places) -> list[str]:
    """Tell of the files of the cache that were damaged."""
    found = damaged_entries(places)
    for path in found:
        tell(f"{path} was damaged; what was in it was worked out anew")
    return found


def _check_gate(outcome: Outcome, places: Places) -> None:
    """Say why a gate holds the release, if one does."""
    if outcome.status == "held":
        raise GateError(
            f"release {places.release} is held and nothing was published:\n{outcome.message}\n"
            f"look at {places.release_folder}; "
            f"'tamis publish {places.root} {places.release} --held' publishes it"
        )


def _look_back(plan: Plan, places: Places, previous: Previous | None, removals: Removals) -> Plan:
    """The plan with what the run takes over from the release before, and with the takedown list."""
    if previous is not None:
        before = previous.before.model_dump_json().encode()
        plan = replace(
            plan,
            released=store(places.released, previous.released),
            previous=store_bytes(places.previous, before),
        )
    removals = join_lists(removals, _follow(previous, plan) if previous else Removals(), plan)
    if removals:
        plan = replace(plan, removals=store_bytes(places.removals, str(removals).encode()))
    return plan


def _follow(previous: Previous, plan: Plan) -> Removals:
    """The takedown list of the release before; lines of it that are of no file any more are told of."""
    removals, lost = follow_files(previous.removals, previous.release.manifest.inputs, plan)
    for line in lost:
        tell(
            f"no file of the input is any more one that the takedown list of release "
            f"{previous.release.name} names by {line}; its rows are kept wherever the input has them now"
        )
    return removals


def _asked(request: Request, root: str, cache: str) -> Asked:
    """What the run asks of its engine."""
    recipe = request.recipe
    return Asked(
        root=root,
        cache=cache,
        inputs=[glob for files in (*recipe.sources, *recipe.references) for glob in files.input],
        workers=request.workers,
        flags=request.beam,
        given=request.given,
    )


@dataclass
class _Work:
    """What an engine does of a job; `shuffled` counts the bytes that it shuffled."""

    request: Request
    job: Job
    arguments: Sequence[str]
    shuffled: int = 0

    def execute(self) -> None:
        """Run the pipeline."""
        import apache_beam as beam

        from pipelines.curate import curate
        from transforms.shuffle import COUNTER

        job, request = self.job, self.request
        quiet = request.quiet or job.detached
        with (
            hushed(job.places, verbose=request.verbose),
            watch(job.places, job.plan, quiet=quiet),
            interruptible(),
        ):
            pipeline = self._pipeline()
            curate(pipeline, job)
            result = pipeline.run()
            if waits(request.given):
                result.wait_until_finish()
            if job.detached:
                return
            found = result.metrics().query(beam.metrics.MetricsFilter().with_name(COUNTER))["counters"]
        self.shuffled = sum(counter.attempted or counter.committed or 0 for counter in found)

    def look(self, job: Job) -> Iterator[list[str]]:
        """Look at the units of the job where the engine works."""
        from transforms.look import LookAtUnits

        with hushed(job.places, verbose=self.request.verbose), interruptible():
            pipeline = self._pipeline()
            _ = pipeline | "Look at units" >> LookAtUnits(job, len(job.plan.units))
            pipeline.run().wait_until_finish()
        return looked_at(job)

    def _pipeline(self) -> Any:
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions

        return beam.Pipeline(options=PipelineOptions(list(self.arguments)))


def _settle(places: Places, started: float, how: Mapping[str, Any], staging: str) -> None:
    """Record how a run went and clear up; where that fails, the release is made all the same."""
    try:
        _write_run_record(places, started, how)
        storage.delete_folder(staging)
    except OSError as error:
        tell(f"release {places.release} is whole, but {sentence_of(error)}")


def _write_run_record(places: Places, started: float, how: Mapping[str, Any]) -> None:
    """Write `run.json`: times and costs, which differ from run to run."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    record: dict[str, Any] = {
        "release": places.release,
        "started": started,
        "seconds": round(time.time() - started, 3),
        "cpu_seconds": round(sum(use.ru_utime + use.ru_stime for use in usage), 3),
        **how,
    }
    path = f"{places.runs}/{paths.RUN_RECORD}"
    storage.write_bytes(path, (json.dumps(record, indent=2) + "\n").encode())
