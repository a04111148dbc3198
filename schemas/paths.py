"""Where everything is in an output folder: releases, what is told of their runs, and what these work in."""

from __future__ import annotations

from dataclasses import dataclass

RELEASES, RUNS, STAGING, CACHE = "releases", "runs", ".staging", ".cache"
LATEST, LINK = "LATEST", "latest"
"""The file that names the current release and, on a local disk, the link to it."""

NAMES = (RELEASES, RUNS, STAGING, CACHE, LATEST, LINK)
"""What an output folder holds."""

MANIFEST, HELD, REMOVALS = "manifest.json", "held.json", "removals.txt"
"""The manifest of a release; what a release that a gate holds has instead; a release's takedown list."""

OUTCOME, OUTCOME_AGAIN, RUN_RECORD = "outcome.json", "outcome-again.json", "run.json"
"""How a run ended, and how it did once more where it was started twice; its times and costs."""


def release_folder(root: str, name: str) -> str:
    """Folder of a release, whole or not."""
    return f"{root}/{RELEASES}/{name}"


def run_folder(root: str, name: str) -> str:
    """Folder of what is told of a run beside its release."""
    return f"{root}/{RUNS}/{name}"


def staging_folder(root: str, name: str) -> str:
    """Folder of what a run needs only while it works."""
    return f"{root}/{STAGING}/{name}"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a run reads and writes: its release, its staging area and the verdict cache."""

    root: str
    release: str
    cache: str

    @property
    def release_folder(self) -> str:
        """Folder of the release."""
        return release_folder(self.root, self.release)

    @property
    def manifest(self) -> str:
        """File that makes the folder a release."""
        return f"{self.release_folder}/{MANIFEST}"

    @property
    def held(self) -> str:
        """File that a release has in place of its manifest while a gate holds it."""
        return f"{self.release_folder}/{HELD}"

    @property
    def staging(self) -> str:
        """Folder of what a run needs only while it works."""
        return staging_folder(self.root, self.release)

    @property
    def plan(self) -> str:
        """File of the plan."""
        return f"{self.staging}/plan.json"

    @property
    def outcome(self) -> str:
        """File that says how the run ended."""
        return f"{self.staging}/{OUTCOME}"

    @property
    def runs(self) -> str:
        """Folder of what is told of the run beside its release."""
        return run_folder(self.root, self.release)

    def resolved(self, unit: int) -> str:
        """File of a unit's resolved verdicts."""
        return f"{self.staging}/resolved/unit-{unit:06d}.arrow"

    def edges(self, unit: int) -> str:
        """File of the verified pairs whose lower row is in a unit."""
        return f"{self.staging}/edges/unit-{unit:06d}.arrow"

    @property
    def damaged_entries(self) -> str:
        """Folder of the notes on entries of the cache that were found damaged."""
        return f"{self.staging}/damaged-entries"

    def damaged_entry(self, path: str) -> str:
        """File that notes one entry of the cache as damaged."""
        return f"{self.damaged_entries}/{path.removeprefix(f'{self.cache}/').replace('/', '-')}"

    def looked(self, unit: int) -> str:
        """File of the digests of a unit's row groups, where a run looks before it works."""
        return f"{self.staging}/looked/unit-{unit:06d}.json"

    @property
    def released(self) -> str:
        """File of the record ids of the release before."""
        return f"{self.staging}/released.arrow"

    @property
    def previous(self) -> str:
        """File of the report of the release before."""
        return f"{self.staging}/previous.json"

    @property
    def removals(self) -> str:
        """File of the takedown list."""
        return f"{self.staging}/{REMOVALS}"

    @property
    def tokenizer(self) -> str:
        """File of the tokenizer that tokens are counted by."""
        return f"{self.staging}/tokenizer.json"

    @property
    def benchmarks(self) -> str:
        """File of the benchmarks' index."""
        return f"{self.staging}/benchmarks.arrow"

    @property
    def read_first(self) -> frozenset[str]:
        """Files that a job reads before it does anything: what is asked of it."""
        given = (self.released, self.previous, self.removals, self.tokenizer, self.benchmarks)
        return frozenset({self.plan, *given})

    @property
    def marks(self) -> str:
        """Folder of the files that mark elements as done."""
        return f"{self.staging}/progress"

    def progress(self, step: str, index: int, rows: int) -> str:
        """File that marks one element of a step as done, and says how many rows it has."""
        return f"{self.marks}/{step}-{index:06d}-{rows}"
