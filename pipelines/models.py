"""Models, tokenizers and rules that a recipe names: found and tried, or a sentence on what is wrong."""

from __future__ import annotations

import os

from pipelines.errors import UsageError
from schemas.recipe import Recipe
from transforms.kernels.language import load_model
from transforms.kernels.model_files import is_cut
from transforms.kernels.own_rules import OwnError
from transforms.kernels.own_tagger import try_own
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters, TokenizerError
from transforms.kernels.token_rules import asks_for_tokens
from transforms.steps import storage
from transforms.steps.language_model import ModelError, find_model, model_digest
from transforms.steps.reader import READ_ERRORS
from transforms.steps.stores.errors import first_line


def try_rules(recipe: Recipe) -> None:
    """Try the recipe's own rules and tagger; one that cannot be used is an error of usage."""
    try:
        try_own(recipe)
    except OwnError as error:
        raise UsageError(str(error)) from None


def find_language_model(recipe: Recipe) -> tuple[str, str] | None:
    """Path and digest of the language model, if the recipe asks for one."""
    if not recipe.language.enabled:
        return None
    try:
        path = os.path.realpath(find_model(recipe.language.model))
    except ModelError as error:
        raise UsageError(str(error)) from None
    if is_cut(storage.read_bytes(path)):
        raise UsageError(f"the language model cannot be loaded: {path} is cut")
    try:
        load_model(path)
    except ValueError as error:
        raise UsageError(f"the language model cannot be loaded: {error}") from None
    return path, model_digest(path)


def read_tokenizer(path: str | None) -> bytes | None:
    """The file of a tokenizer, if it is one that counts; None for none."""
    if path is None:
        return None
    try:
        content = storage.read_bytes(path)
        FileTokenizer(content, path)
    except TokenizerError as error:
        raise UsageError(str(error)) from None
    except READ_ERRORS as error:
        raise UsageError(f"the tokenizer {path} cannot be read: {first_line(error)}") from None
    return content


def counter_of(path: str | None) -> Counter:
    """What counts tokens: the tokenizer of a file, or four characters each."""
    content = read_tokenizer(path)
    return FourCharacters() if path is None or content is None else FileTokenizer(content, path)


def counter_for(recipe: Recipe) -> Counter | None:
    """What counts the tokens that a recipe asks for; None where it asks for none."""
    if recipe.tokenizer is None and not asks_for_tokens(recipe):
        return None
    return counter_of(recipe.tokenizer)
