"""Who holds an output folder on an object store, and who has claimed the name of a release there."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemas.frozen import Frozen

State: TypeAlias = Literal["open", "held", "committed", "abandoned"]


class Holder(Frozen):
    """The run that holds an output folder, as its lock says; none where it is `free`.

    `beat` is counted up while the launcher lives. A job that its launcher does not wait for is `detached`: it
    has no beat, and is given up a day after `since`.
    """

    owner: str
    host: str
    pid: int
    since: float
    release: str = ""
    beat: int = 0
    detached: bool = False
    free: bool = False


class Claim(Frozen):
    """The one run that may publish under a name: `open`, then `committed` or `abandoned`, each for good.

    It is `held` in between where a gate holds the release.
    """

    owner: str
    state: State
