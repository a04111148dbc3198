"""Faults on purpose, in every process that has this folder on its path: what `TAMIS_FAULTS` lists fails once.

The variable names a folder. Its file `plan` has a function a line, as `module:name`. Each raises when it is
done, so that what it wrote and put out is there already, the first time that any process gets there; a file
of its name in the folder then says that it has. As `module:name!` it raises every time; as `module:name~` the
process kills itself with -9 instead, and as `module:name~~` its parent too. As `module:name?` nothing fails,
and the file has a line for each call: the process's number.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ.get("TAMIS_FAULTS", "/nonexistent"))


class PlannedFaultError(RuntimeError):
    """A fault that a test asked for."""


def _fail_once(name: str) -> None:
    if name.endswith("?"):
        with (FOLDER / name).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        return
    try:
        (FOLDER / name).touch(exist_ok=name.endswith("!"))
    except FileExistsError:
        return
    if name.endswith("~~"):
        os.kill(os.getppid(), signal.SIGKILL)
    if name.endswith("~"):
        os.kill(os.getpid(), signal.SIGKILL)
    raise PlannedFaultError(f"{name} was to fail")


def _failing(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, which fails the first time that it is done."""

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        found = function(*given, **named)
        if inspect.isgenerator(found):
            return _then(found, name)
        _fail_once(name)
        return found

    return call


def _then(found: Iterator[Any], name: str) -> Iterator[Any]:
    yield from found
    _fail_once(name)


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader, names: Sequence[str]) -> None:
        self.loader, self.names = loader, names

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        for name in self.names:
            *path, last = name.rstrip("!~?").split(".")
            holder = functools.reduce(getattr, path, module)
            setattr(holder, last, _failing(getattr(holder, last), f"{module.__name__}:{name}"))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, plan: dict[str, list[str]]) -> None:
        self.plan = plan

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.plan:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.plan[name])
        return spec


def _read_plan() -> dict[str, list[str]]:
    plan: dict[str, list[str]] = {}
    if (FOLDER / "plan").is_file():
        for line in (FOLDER / "plan").read_text("utf-8").split():
            module, _, name = line.partition(":")
            plan.setdefault(module, []).append(name)
    return plan


sys.meta_path.insert(0, _Finder(_read_plan()))
