"""What Dataflow would be handed, translated by Beam's own runner but not submitted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2 as protos
from apache_beam.runners.dataflow.internal import apiclient
from apache_beam.typehints import typehints

from pipelines.curate import curate
from pipelines.engines import ENGINES, Asked
from pipelines.planning import UNIT_BYTES, plan_run
from schemas.paths import Places
from schemas.plan import Plan, Unit
from tests.releases import Sampled, recipe_for
from transforms.kernels.tally import Tally
from transforms.steps.job import Job
from transforms.steps.resolve import Resolved
from transforms.steps.write import Part

IMAGE = "us-central1-docker.pkg.dev/my-project-1/tamis/tamis:1"
GIVEN = {
    "project": "my-project-1",
    "region": "us-central1",
    "temp_location": "gs://some-bucket/tmp",
    "staging_location": "gs://some-bucket/staging",
    "sdk_container_image": IMAGE,
    "no_auth": True,
    "dry_run": True,
}
MANY = 100_000
REQUEST_BYTES = 10 << 20
"""What Dataflow takes of a job's graph."""

NOTE = "submission_environment_dependencies.txt"
"""Beam's record of what is installed where the job is submitted; workers only log it."""

GROUP, PARDO, COMBINE = (f"beam:transform:{name}:v1" for name in ("group_by_key", "pardo", "combine_per_key"))
GROUPED = {
    "Judge units/Spread units/ReshufflePerKey/GroupByKey",
    "Find duplicates/Find copies/Group contents",
    "Find duplicates/Group prompts",
    "Find duplicates/FindCandidates/Join copies/Join",
    "Find duplicates/FindCandidates/Group bands",
    "Find duplicates/FindCandidates/Gather links",
    "Find duplicates/VerifyCandidates/Join candidates/Join",
    "Find duplicates/VerifyCandidates/Group sets",
    "Resolve units/Join fates/Join",
    "Add tallies/CombinePerKey/GroupByKey",
    "Write parts/Spread parts/ReshufflePerKey/GroupByKey",
}
CROWDED = {
    f"Find duplicates/FindCandidates/Split crowds/{name}"
    for name in (
        "Join crowds/Join",
        "Group crowd bands",
        "Join groups/Join",
        "Group crowd sets",
        "Gather similar",
    )
}
CHOOSING = {
    f"Choose rows/{name}"
    for name in (
        "Join findings/Join",
        "Gather lines",
        "Join dropped/Join",
    )
}


@dataclass(frozen=True)
class Translated:
    """A pipeline as Dataflow's runner hands it over."""

    plan: Plan
    runner: Any
    job: Any

    @property
    def components(self) -> Any:
        """Transforms, collections, coders and environments by id."""
        return self.runner.proto_pipeline.components

    @cached_property
    def environment(self) -> Any:
        """What the request says of machines and options."""
        job = apiclient.Environment([], self.job.options, "8", "gs://b/pb", self.runner.proto_pipeline)
        return job.proto

    def steps(self, kind: str) -> dict[str, Any]:
        """Transforms of a kind by name."""
        found = self.components.transforms.values()
        return {step.unique_name: step for step in found if step.spec.urn == kind}

    def coder(self, collection: str) -> Any:
        """The coder of a collection."""
        return self.runner.proto_context.coders[self.components.pcollections[collection].coder_id]

    def grouped(self) -> Iterator[tuple[str, Any]]:
        """Each keyed step with the coder of what goes into it."""
        for name, step in self.steps(GROUP).items():
            yield name, self.coder(step.inputs[next(iter(step.inputs))])

    def side_inputs(self) -> dict[str, Any]:
        """Coders of all side inputs by the steps they go into."""
        found = {}
        for name, step in self.steps(PARDO).items():
            for tag in protos.ParDoPayload.FromString(step.spec.payload).side_inputs:
                found[f"{name}:{tag.removeprefix('python_side_input')}"] = self.coder(step.inputs[tag])
        return found


Translate = Callable[..., Translated]


@pytest.fixture(scope="module")
def translate(tmp_path_factory: pytest.TempPathFactory) -> Translate:
    """Translate the pipeline of a plan."""

    def translated(plan: Plan, **given: Any) -> Translated:
        root = tmp_path_factory.mktemp("dataflow")
        job = Job.start(Places(root=str(root), release="0001", cache=str(root / "cache")), plan)
        given = GIVEN | given
        flags = [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]
        flags[flags.index("--dry_run")] = "--dry_run=True"
        asked = Asked(root="gs://some-bucket/out", flags=flags, given=given, most=len(plan.units))
        engine = ENGINES["dataflow"]
        engine.check(asked)
        pipeline = beam.Pipeline(options=PipelineOptions(engine.arguments(asked)))
        curate(pipeline, job)
        return Translated(plan, pipeline.runner, pipeline.run().job)

    return translated


@pytest.fixture(scope="module")
def plan(sampled: Sampled) -> Plan:
    """The plan of the sample."""
    return replace(plan_run(recipe_for(sampled.pattern), None, UNIT_BYTES, None), release="0001")


@pytest.fixture(scope="module")
def small(translate: Translate, plan: Plan) -> Translated:
    """The sample's pipeline."""
    return translate(plan)


@pytest.fixture(scope="module")
def large(translate: Translate, plan: Plan) -> Translated:
    """The pipeline of 4.4 billion rows."""
    units = [
        Unit(index=index, file=0, groups=(index, index + 1), skip=0, first_row=44_000 * index, rows=44_000)
        for index in range(MANY)
    ]
    parts = {"curated": 12_500, "verdicts": 44_000, "duplicates": 4_400}
    return translate(replace(plan, units=units, buckets=4096, parts=parts))


@pytest.fixture(scope="module")
def choosing(translate: Translate, sampled: Sampled) -> Translated:
    """The pipeline of the sample where the recipe chooses among what is left."""
    recipe = recipe_for(sampled.pattern, top=100, balance={"by": "language"})
    return translate(replace(plan_run(recipe, None, UNIT_BYTES, None), release="0001"))


@pytest.fixture(params=["small", "large", "choosing"])
def either(request: pytest.FixtureRequest) -> Translated:
    """Both of them."""
    found: Translated = request.getfixturevalue(request.param)
    return found


def test_keyed_steps_are_those_of_the_design(
    small: Translated, large: Translated, choosing: Translated
) -> None:
    assert set(small.steps(GROUP)) == GROUPED
    assert set(large.steps(GROUP)) == GROUPED | CROWDED
    assert set(choosing.steps(GROUP)) == GROUPED | CHOOSING


def test_keys_are_coded_deterministically(either: Translated) -> None:
    for name, coder in either.grouped():
        assert coder.key_coder().is_deterministic(), name
        assert name.startswith("Add tallies") or coder.key_coder().to_type_hint() is int, name


def test_shuffled_values_are_named(either: Translated) -> None:
    named = typehints.Tuple[str, typehints.Any]
    others = {name for name, coder in either.grouped() if coder.value_coder().to_type_hint() != named}
    assert {re.sub("/(ReshufflePerKey/)?GroupByKey", "", name) for name in others} == {
        "Judge units/Spread units",
        "Write parts/Spread parts",
        "Add tallies/CombinePerKey",
    }


def test_units_and_parts_are_spread(either: Translated) -> None:
    """Between the list and the work there is a shuffle, so that one bundle does not get them all."""
    for spread, work in (
        ("Judge units/Spread units", "Judge units/Judge"),
        ("Write parts/Spread parts", "Write parts/Write"),
    ):
        before = [step for step in either.steps(GROUP) if step.startswith(spread)]
        made = {
            output: name for name, step in either.steps(PARDO).items() for output in step.outputs.values()
        }
        inputs = either.steps(PARDO)[work].inputs.values()
        assert len(before) == 1
        assert any(made.get(each, "").startswith(spread) for each in inputs)


def test_tallies_are_added_where_they_are_made(either: Translated) -> None:
    assert set(either.steps(COMBINE)) == {"Add tallies/CombinePerKey"}


def test_side_inputs_are_small(large: Translated) -> None:
    """Those of a billion rows take 35 MB at most: 23,000 units of eight row groups, 14,000 parts, a tally."""
    digests = tuple(f"{group:064x}" for group in range(8))
    unit = Resolved(10**6, 10**6, 10**6, 10**6, 10**6, 10**6, 10**5, 10**6, digests)
    part = Part(
        "duplicates",
        10**5,
        f"duplicates/part-{10**5}-of-{10**5}.parquet",
        1 << 40,
        "f" * 64,
        10**6,
        1 << 128,
        1 << 128,
    )
    bounds = {
        "Judge units/Settle:0": ((10**5, 10**6, "x" * 500), 1_000),
        "Write parts/Write:0": (unit, 1_200),
        "Publish:0": (unit, 1_200),
        "Publish:1": (part, 500),
        "Publish:2": (Tally().to_bytes(), 100),
        "Add tallies/InjectDefault:0": (Tally().to_bytes(), 100),
    }
    coders = large.side_inputs()
    assert coders.keys() == bounds.keys()
    for name, (element, most) in bounds.items():
        assert len(coders[name].encode(element)) <= most, name


def test_what_chooses_takes_little_more(small: Translated, choosing: Translated) -> None:
    """The one side input more is where the choice cuts: a line for each kind that is too common."""
    most = 2**64 - 1
    cuts = {"kinds": {f"lan{number:03}": most for number in range(200)}, "top": (1000, most)}
    more = choosing.side_inputs()
    assert more.keys() - small.side_inputs().keys() == {"Choose rows/Drop/FlatMap(_drop):0"}
    assert len(more["Choose rows/Drop/FlatMap(_drop):0"].encode(json.dumps(cuts))) <= 8_000


def test_graph_stays_under_what_a_request_may_take(small: Translated, large: Translated) -> None:
    sizes = [graph.runner.proto_pipeline.ByteSize() for graph in (small, large)]
    assert len(large.plan.units) == MANY
    assert sizes[0] < sizes[1] < REQUEST_BYTES // 2
    assert len(large.job.json()) < REQUEST_BYTES // 2


def test_machines_are_those_that_were_chosen(either: Translated) -> None:
    (pool,) = either.environment.worker_pools
    assert pool.machine_type == "n2-standard-4"
    assert pool.autoscaling_settings.algorithm.name == "AUTOSCALING_ALGORITHM_BASIC"
    assert pool.autoscaling_settings.max_num_workers == (64 if len(either.plan.units) == MANY else 1)
    assert (pool.disk_size_gb, pool.num_threads_per_worker) == (0, 0)
    assert {"use_runner_v2", "use_multiple_sdk_containers"} <= set(either.environment.experiments)


def staged(environment: Any) -> set[str]:
    """Names of the files that workers are handed."""
    roles = [
        protos.ArtifactStagingToRolePayload.FromString(one.role_payload) for one in environment.dependencies
    ]
    return {role.staged_name for role in roles}


def test_workers_run_the_image(small: Translated) -> None:
    (pool,) = small.environment.worker_pools
    (container,) = pool.sdk_harness_container_images
    assert container.container_image == pool.worker_harness_container_image == IMAGE
    assert container.use_single_core_per_container
    (environment,) = small.components.environments.values()
    assert protos.DockerPayload.FromString(environment.payload).container_image == IMAGE
    assert staged(environment) == {NOTE}


def test_packages_are_staged(translate: Translate, plan: Plan, tmp_path: Path) -> None:
    wheel = tmp_path / "more-1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    found = translate(plan, extra_package=str(wheel))
    (environment,) = found.components.environments.values()
    assert staged(environment) == {NOTE, wheel.name, "extra_packages.txt"}


def test_template_is_written_down(translate: Translate, plan: Plan) -> None:
    place = "gs://some-bucket/staging/template_launches/1/job_object"
    job = translate(plan, template_location=place).job
    assert job.options.view_as(beam.options.pipeline_options.GoogleCloudOptions).template_location == place
