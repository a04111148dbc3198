"""The dataset card of a release: README.md with the front matter that Hugging Face reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import yaml
from jinja2 import Environment

from pipelines.report.templating import open_templates
from pipelines.report.words import fold, group, measure, percent, show, tell_tokens
from schemas.report import Report

LEAST_SHARE = 0.01
"""The front matter names the languages of at least this share of the kept rows."""

_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
_CODE = re.compile("(?!und)[a-z]{2,3}")
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#+!|~&$:]")


_ALL = ({"split": "train", "path": "curated/*.parquet"},)
Files = Sequence[Mapping[str, object]]
"""Split and path of data files, as the front matter names them."""


def render_card(report: Report, recipe: Mapping[str, object] | None = None, files: Files = _ALL) -> str:
    """Markdown text of the dataset card; names that come from data show as they are written."""
    front = yaml.safe_dump(describe_front(report, files), sort_keys=False, allow_unicode=True)
    body = _environment().get_template("card.md.j2").render(report=report, recipe=_fence(recipe))
    return f"---\n{front}---\n\n{body}\n"


def name_files(shards: Mapping[str, int]) -> Files:
    """Curated files of each split, of which the parts stand one after another.

    >>> name_files({"test": 1, "train": 2})[0]
    {'split': 'test', 'path': ['curated/part-00000-of-00003.parquet']}
    """
    if shards.keys() <= {"train"}:
        return _ALL
    of, first, found = sum(shards.values()), 0, []
    for split, count in shards.items():
        paths = [f"curated/part-{part:05d}-of-{of:05d}.parquet" for part in range(first, first + count)]
        found.append({"split": split, "path": paths})
        first += count
    return found


def describe_front(report: Report, files: Files = _ALL) -> dict[str, object]:
    """Front matter of the card: where the data is, how much, and in which languages."""
    least = max(LEAST_SHARE * report.curated.rows, 1)
    kept = sorted((share for share in report.languages if share.curated >= least), key=lambda s: -s.curated)
    languages = [share.name for share in kept if share.name and _CODE.fullmatch(share.name)]
    return {
        "pretty_name": f"Release {show(report.release)}",
        **({"license": report.licence} if report.licence else {}),
        **({"language": languages} if languages else {}),
        "task_categories": ["text-generation"],
        "size_categories": [name_size(report.curated.rows)],
        "tags": ["instruction-tuning", "tamis"],
        "configs": [{"config_name": "default", "data_files": [dict(file) for file in files]}],
    }


def _fence(recipe: Mapping[str, object] | None) -> str | None:
    """The recipe as YAML between fences that nothing in it can close."""
    if recipe is None:
        return None
    text = yaml.safe_dump(_portable(recipe), sort_keys=False, allow_unicode=False, width=100)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}yaml\n{text}{fence}"


def _portable(value: object) -> object:
    """A recipe without where its files lie, which is the same wherever it ran.

    >>> _portable({"sources": [{"name": "web", "input": ["/data/*.parquet"]}], "tokenizer": "/a.json"})
    {'sources': [{'name': 'web'}]}
    """
    if isinstance(value, Mapping):
        return {name: _portable(inner) for name, inner in value.items() if not _is_place(name, inner)}
    return [_portable(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _is_place(name: str, value: object) -> bool:
    names_column = isinstance(value, str)
    return name in {"model", "tokenizer"} or (name == "input" and not names_column)


def name_size(rows: int) -> str:
    """Size category, as Hugging Face names it, of so many rows.

    >>> name_size(0), name_size(1_000), name_size(95_000), name_size(10**12)
    ('n<1K', '1K<n<10K', '10K<n<100K', 'n>1T')
    """
    power = min(max(len(str(rows)) - 3, 0), len(_SIZES))
    if power == 0:
        return f"n<{_SIZES[0]}"
    return f"n>{_SIZES[-1]}" if power == len(_SIZES) else f"{_SIZES[power - 1]}<n<{_SIZES[power]}"


def escape(name: str | None) -> str:
    r"""Name as Markdown that shows it and nothing else.

    >>> escape("<b>|[x](y)")
    '\\<b\\>\\|\\[x\\]\\(y\\)'
    """
    return _SPECIAL.sub(r"\\\g<0>", show(name))


@cache
def _environment() -> Environment:
    environment = open_templates(autoescape=False)  # Markdown, not HTML; names go through `escape`
    environment.filters |= {
        "group": group,
        "measure": measure,
        "markdown": escape,
        "fold": fold,
        "tokens": tell_tokens,
    }
    environment.globals |= {"percent": percent}
    return environment
