"""Folders of a dataset as the Hugging Face Hub lays them out: its files by split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import yaml

from pipelines.errors import UsageError
from schemas.plan import TRAIN, split_rank
from schemas.recipe import FileSet, Recipe, Reference, Source
from transforms.steps import storage
from transforms.steps.lines import is_lines
from transforms.steps.stores.errors import first_line

_WORDS = {
    TRAIN: ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SHARD = re.compile(r"(?:^|/)data/(?!part-)(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}\.")
"""Shards as the Hub names them; what Spark calls its files, `part`, is no split."""
_ABOUT = ("dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json")
_FRONT = re.compile(r"\A---[^\S\n]*\n(?P<front>.*?)\n---[^\S\n]*(?:\n|\Z)", re.DOTALL)
_Set = TypeVar("_Set", bound=FileSet)


def expand(recipe: Recipe) -> Recipe:
    """The recipe with a source for each split of a folder, and with the files of every folder named.

    Sources of the splits that models are tested on come first. Where splits are kept apart, each is compared
    with the references by itself, as if there were a set of these for every split.
    """
    sources = [one for source in recipe.sources for one in _by_split(source)]
    sources.sort(key=lambda source: split_rank(source.split))
    if recipe.dedup.splits == "apart":
        splits = [*dict.fromkeys(source.split or TRAIN for source in sources)]
        references = [each for one in recipe.references for each in _for_splits(one, splits)]
    else:
        references = [with_files(one) for one in recipe.references]
    return recipe.model_copy(update={"sources": tuple(sources), "references": tuple(references)})


def _for_splits(reference: Reference, splits: Sequence[str]) -> Iterator[Reference]:
    """The reference for each of some splits; files that are said to be of one are for that alone."""
    whole = with_files(reference)
    own = reference.split if folder_of(reference) is None else None
    if own is None:
        for split in splits:
            name = f"{reference.name}/{split}" if len(splits) > 1 else reference.name
            yield whole.model_copy(update={"name": name, "split": split})
    elif own in splits:
        yield whole
    else:
        raise UsageError(
            f"references: {reference.name} is of the split {own}, which no source has; "
            f"they have {', '.join(splits)}"
        )


def _by_split(source: Source) -> Iterator[Source]:
    folder = folder_of(source)
    if folder is None:
        yield source
        return
    found = _chosen(source, folder)
    for split, files in found.items():
        name = source.name if len(found) == 1 else f"{source.name}/{split}"
        yield source.model_copy(update={"name": name, "split": split, "input": tuple(files)})


def with_files(files: _Set) -> _Set:
    """A set with the files of its folder named, those of all splits unless it names one."""
    folder = folder_of(files)
    if folder is None:
        return files
    found = _chosen(files, folder)
    return files.model_copy(update={"input": tuple(path for paths in found.values() for path in paths)})


def folder_of(files: FileSet) -> str | None:
    """The folder that a set of files is; None where it names files."""
    folders = [pattern for pattern in files.input if _is_folder(pattern)]
    if folders and len(files.input) > 1:
        raise UsageError(f"{files.name}: {folders[0]} is a folder, which must be a source's only input")
    return storage.folder(folders[0]) if folders else None


def _is_folder(pattern: str) -> bool:
    if re.search(r"[*?\[]", pattern) or storage.find(pattern):
        return False
    return bool(storage.list_names(storage.folder(pattern)))


def _chosen(files: FileSet, folder: str) -> dict[str, list[str]]:
    """Paths of a folder's files by split, or of the one split that the set names."""
    found = splits_of(folder)
    if not found:
        raise UsageError(f"{folder} is a folder without files of Parquet or JSON Lines")
    if files.split is None:
        return dict(sorted(found.items(), key=lambda entry: (split_rank(entry[0]), entry[0])))
    if files.split not in found:
        raise UsageError(f"{folder} has no split {files.split}; it has {', '.join(sorted(found))}")
    return {files.split: found[files.split]}


def splits_of(folder: str) -> dict[str, list[str]]:
    """Paths of a dataset's files by split: as its README.md says or, failing that, by their names."""
    names = [name for name in storage.files_in(folder) if not any(p.startswith(".") for p in name.split("/"))]
    data = [name for name in names if _is_data(name)]
    named = _from_card(folder, data) if "README.md" in names else {}
    found = named or _from_names(data)
    return {split: [f"{folder}/{name}" for name in files] for split, files in found.items()}


def _is_data(name: str) -> bool:
    return (name.endswith(".parquet") or is_lines(name)) and name.rpartition("/")[2] not in _ABOUT


def _from_names(names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(split_of(name), []).append(name)
    return found


def split_of(name: str) -> str:
    """The split that a file is of, by its name or its folders'; `train` where none says otherwise.

    >>> names = "data/hard-00000-of-00002.parquet", "dev.jsonl", "eval_set/1.json", "latest.json"
    >>> [split_of(name) for name in names]
    ['hard', 'validation', 'test', 'train']
    """
    shard = _SHARD.search(name)
    words = re.split(r"[^a-z]+", name.lower())
    known = [split for word in reversed(words) for split, spelt in _WORDS.items() if word in spelt]
    if known:
        return known[0]
    return shard["split"] if shard else TRAIN


def _from_card(folder: str, names: list[str]) -> dict[str, list[str]]:
    """Files by split as the front matter of a dataset's card says; none where it says nothing."""
    text = storage.read_bytes(f"{folder}/README.md").decode(errors="replace")
    front = _FRONT.match(text.replace("\r\n", "\n"))
    try:
        known = yaml.safe_load(front["front"]) if front else None
    except yaml.YAMLError as error:
        raise UsageError(f"{folder}/README.md: its front matter is not YAML: {first_line(error)}") from None
    except RecursionError:
        raise UsageError(f"{folder}/README.md: its front matter is nested too deeply") from None
    configs = known.get("configs") if isinstance(known, dict) else None
    if not isinstance(configs, list) or not configs:
        return {}
    config = _the_one(folder, [one for one in configs if isinstance(one, dict)])
    found = _files_of(config.get("data_files"), config.get("data_dir"), names)
    if missing := [split for split, files in found.items() if not files]:
        raise UsageError(f"{folder}/README.md: no file is what it names for the split {missing[0]}")
    return found


def _the_one(folder: str, configs: list[dict[str, Any]]) -> dict[str, Any]:
    chosen = [one for one in configs if one.get("default") or one.get("config_name") == "default"] or configs
    if len(chosen) != 1:
        known = ", ".join(_text(one.get("config_name")) for one in configs)
        raise UsageError(f"{folder}/README.md has several configs: {known}; name the files of one")
    return chosen[0]


def _files_of(listed: object, within: object, names: list[str]) -> dict[str, list[str]]:
    if listed is None:
        return _from_names([name for name in names if within and name.startswith(f"{within}/")])
    entries: list[Any] = listed if isinstance(listed, list) else [listed]
    if isinstance(listed, Mapping):
        entries = [{"split": split, "path": path} for split, path in listed.items()]
    found: dict[str, list[str]] = {}
    for entry in entries:
        split, path = (
            (entry.get("split"), entry.get("path")) if isinstance(entry, Mapping) else (TRAIN, entry)
        )
        globs = path if isinstance(path, list) else [path]
        files = [
            name for name in names if any(fnmatchcase(name, _text(one).removeprefix("./")) for one in globs)
        ]
        found.setdefault(_text(split), []).extend(files)
    return found


def _text(value: object) -> str:
    """A value as text; of a list or a mapping, which aliases may make endless, only that it is one."""
    return type(value).__name__ if isinstance(value, list | Mapping) else str(value)
