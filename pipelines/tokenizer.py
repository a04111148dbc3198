"""The tokenizer of a recipe or an export, or the sentence that says what is wrong with it."""

from __future__ import annotations

from pipelines.errors import UsageError
from schemas.recipe import Recipe
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters, TokenizerError
from transforms.kernels.token_rules import asks_for_tokens
from transforms.steps import storage
from transforms.steps.reader import READ_ERRORS


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
        raise UsageError(f"the tokenizer {path} cannot be read: {str(error).splitlines()[0]}") from None
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
