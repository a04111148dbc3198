"""`tamis curate`: a recipe may lie on any filesystem of Beam's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.localfilesystem import LocalFileSystem

from pipelines.commands.curate import add
from pipelines.errors import UsageError
from pipelines.options import Parser
from pipelines.recipe_flags import recipe_of
from schemas.recipe import Recipe


class Elsewhere(LocalFileSystem):
    """A filesystem that Beam finds by its scheme, as it does those of clouds."""

    @classmethod
    def scheme(cls) -> str:
        """The scheme of its paths."""
        return "elsewhere"

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return bool(super().exists(path.removeprefix("elsewhere:/")))

    def size(self, path: str) -> int:
        """Its size."""
        return int(super().size(path.removeprefix("elsewhere:/")))

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> Any:
        """A file to read."""
        return super().open(path.removeprefix("elsewhere:/"), mime_type, compression_type)


def read(recipe: str) -> Recipe:
    commands = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    add(commands)
    flags = ["--output=out", "--input=a.parquet", "--recipe", recipe]
    return recipe_of(commands.choices["curate"].parse_args(flags))


def test_recipe_from_a_bucket(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("dedup: {threshold: 0.7}\n", "utf-8")
    assert read(f"elsewhere:/{tmp_path}/recipe.yaml").dedup.threshold == 0.7


def test_recipe_that_is_not_in_the_bucket(tmp_path: Path) -> None:
    path = f"elsewhere:/{tmp_path}/recipe.yaml"
    with pytest.raises(UsageError, match=f"^{path}: the recipe cannot be read: there is no such file"):
        read(path)


def test_recipe_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_bytes(b"\xff\xfe")
    for path in (f"{tmp_path}/recipe.yaml", f"elsewhere:/{tmp_path}/recipe.yaml"):
        with pytest.raises(UsageError, match="cannot be read: it is not UTF-8 text"):
            read(path)


def test_recipe_on_a_filesystem_that_beam_does_not_know() -> None:
    with pytest.raises(UsageError, match=r"^nowhere://b/r\.yaml: the recipe cannot be read: .*filesystem"):
        read("nowhere://b/r.yaml")
