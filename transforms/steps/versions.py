"""Versions of all that can change a byte of a release: where a run is planned, and where it works."""

from __future__ import annotations

import platform
import sys
import unicodedata
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version

from schemas.plan import DRAWING, Plan
from schemas.recipe import Recipe
from transforms.kernels.own_rules import digest_own

_PACKAGES = (
    "apache-beam",
    "fasttext-community",
    "numpy",
    "pyarrow",
    "regex",
    "tamis",
    *DRAWING,
)


class VersionError(RuntimeError):
    """A worker has other versions than those that the run was planned with."""


def versions_of(recipe: Recipe, leave_out: Collection[str] = ()) -> dict[str, str]:
    """Versions that this process has of what a recipe needs, but for those of some packages."""
    packages = _PACKAGES if recipe.tokenizer is None else (*_PACKAGES, "tokenizers")
    own = {f"rule {rule.name}": digest_own("rule", rule.use) for rule in recipe.own}
    if recipe.own_tagger is not None:
        own["tagger"] = digest_own("tagger", recipe.own_tagger)
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "machine": platform.machine(),
        "unicode": unicodedata.unidata_version,
        **{package: _installed(package) for package in packages if package not in leave_out},
        **own,
    }


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def check_versions(plan: Plan, recipe: Recipe, leave_out: Collection[str] = DRAWING) -> None:
    """Refuse to work by a plan in a process that would find, or draw, something else than its versions say.

    Only the worker that publishes draws, so what draws need not be on the others.

    Raises:
        VersionError: a version is another one here; the message names both.
    """
    here = versions_of(recipe, leave_out)
    for name, planned in plan.versions.items():
        if name not in leave_out and here.get(name) != planned:
            mend = "start it on such a machine" if name == "machine" else "install the same on both"
            found = f"this worker has {name} {here.get(name)}"
            raise VersionError(f"the run was planned with {name} {planned}, {found}: {mend}")
