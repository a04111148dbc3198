"""How templates of the report are read."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def open_templates(*, autoescape: bool) -> Environment:
    """The environment of this package's templates; a name that is not given is an error."""
    return Environment(
        loader=PackageLoader("pipelines.report"),
        autoescape=autoescape,  # noqa: S701 — of Markdown, names are escaped one by one
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
