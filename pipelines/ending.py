"""How a run ends where another may have taken its folder over: fenced off, and recorded."""

from __future__ import annotations

from pipelines import claims, lease, output_folder
from pipelines.releases.retention import prune
from schemas.lease import State
from schemas.paths import OUTCOME, OUTCOME_AGAIN
from schemas.release import Manifest, Outcome
from transforms.steps import conditional, storage
from transforms.steps.job import Job
from transforms.steps.stores.errors import sentence_of


def loss(job: Job) -> str | None:
    """The sentence that says who holds the run's folder instead; None while it does, or has committed."""
    root = job.places.root
    if storage.is_local(root) or claims.is_committed(root, job.places.release, job.owner):
        return None
    return lease.loss(root, job.owner)


def commit(manifest: Manifest, state: State, job: Job) -> str | None:
    """Write the manifest, which makes or holds the release; the sentence that says why it cannot be."""
    root, release = job.places.root, job.places.release
    if not claims.commit(root, release, job.owner, state):
        return f"{root}: the run was taken for dead and its release {release} given up; nothing was published"
    text = manifest.model_dump_json(indent=2) + "\n"
    path = job.places.held if state == claims.HELD else job.places.manifest
    if conditional.write(path, text.encode(), None) is None:
        return f"{root} has another release {release} already; releases are never changed"
    return None


def record(outcome: Outcome, job: Job) -> None:
    """Delete what is no longer wanted, write down how the run ended, and clear up where nobody waits.

    What cannot be deleted stays, and is told of: the release is published by now.
    """
    try:
        _tidy(outcome, job)
    except OSError as error:
        left = f"not all old releases could be deleted: {sentence_of(error)}"
        outcome = outcome.model_copy(update={"message": "\n".join(filter(None, [outcome.message, left]))})
    text = outcome.model_dump_json(indent=2).encode()
    if not job.detached:
        storage.write_bytes(job.places.outcome, text)
    elif conditional.write(f"{job.places.runs}/{OUTCOME}", text, None) is None:
        storage.write_bytes(f"{job.places.runs}/{OUTCOME_AGAIN}", text)
    if not job.detached:
        return
    _clear(job)
    if not storage.is_local(job.places.root):
        lease.free(job.places.root, job.owner)


def _tidy(outcome: Outcome, job: Job) -> None:
    """Delete what a gate held before and, after a release, old ones; leave a lost folder alone."""
    root = job.places.root
    if outcome.status == "failed" or not (storage.is_local(root) or lease.loss(root, job.owner) is None):
        return
    output_folder.clear_held(root, but=job.places.release)
    if outcome.status == "published" and job.plan.keep is not None:
        prune(root, job.plan.keep)


def _clear(job: Job) -> None:
    """Delete what is staged but for what the job reads first: it may be started again, and is told then."""
    places = job.places
    for name in storage.list_names(places.staging):
        path = f"{places.staging}/{name}"
        if path not in places.read_first:
            storage.delete_folder(path)
