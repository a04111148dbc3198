"""Errors that a person can mend, each one clear sentence and an exit code."""

from __future__ import annotations

PUBLISHED, FAILED, WRONG_USAGE, GATE_FAILED = 0, 1, 2, 3
STOPPED = 130


class TamisError(Exception):
    """A sentence for the person who runs the command."""

    exit_code = FAILED


class RunError(TamisError):
    """The run failed."""


class GateError(TamisError):
    """A gate of the recipe held the release."""

    exit_code = GATE_FAILED


class StoppedError(TamisError):
    """The person who ran the command stopped it."""

    exit_code = STOPPED


class UsageError(TamisError):
    """The command, the recipe or the input is not what it has to be."""

    exit_code = WRONG_USAGE
