"""How many tokens texts have: by a tokenizer's own file, or a token for every four characters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.rendered import Rendered, span_column

if TYPE_CHECKING:
    from tokenizers import Encoding

CHARS = 4
_BATCH = 256


class TokenizerError(ValueError):
    """A tokenizer that cannot be used."""


class Counter(Protocol):
    """Counts the tokens of texts."""

    @property
    def name(self) -> str:
        """How it counts, in a few words."""

    def count(self, texts: pa.LargeStringArray) -> np.ndarray:
        """Tokens of each text (int64)."""

    def cut(self, text: str, tokens: int) -> str:
        """The longest beginning of a text that its first `tokens` tokens cover entirely."""

    def spans(self, rendered: Rendered) -> pa.ListArray | None:
        """The learned spans in tokens (SPANS); None where texts are not cut into tokens."""


class FourCharacters:
    """Counts a token for every four characters begun, as is done where no tokenizer is at hand.

    >>> FourCharacters().count(pa.array(["", "abcd", "abcde"], pa.large_string())).tolist()
    [0, 1, 2]
    """

    name = f"{CHARS} characters a token"

    def count(self, texts: pa.LargeStringArray) -> np.ndarray:
        """Tokens of each text (int64)."""
        return np.asarray(-(-pc.utf8_length(texts).to_numpy().astype(np.int64) // CHARS))

    def cut(self, text: str, tokens: int) -> str:
        """The first `CHARS * tokens` characters."""
        return text[: CHARS * tokens]

    def spans(self, rendered: Rendered) -> None:  # noqa: ARG002 — of no text are there tokens
        """None: texts are not cut into tokens."""
        return


class FileTokenizer:
    """Counts by a `tokenizer.json`, adding no special tokens, padding nothing and cutting nothing off."""

    def __init__(self, content: bytes, path: str) -> None:
        self.name = f"tokenizer {hashlib.sha256(content).hexdigest()}"
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise TokenizerError(
                f"{path} cannot be used without the extra tokens: pip install '.[tokens]' in Tamis's checkout"
            ) from None
        try:
            self._tokenizer = Tokenizer.from_buffer(content)
        except ValueError as error:
            raise TokenizerError(f"{path} is not a tokenizer of Hugging Face's: {error}") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def count(self, texts: pa.LargeStringArray) -> np.ndarray:
        """Tokens of each text (int64)."""
        encode = self._tokenizer.encode_batch_fast
        counts = [len(one) for some in _batches(texts) for one in encode(some, add_special_tokens=False)]
        return np.array(counts, np.int64)

    def cut(self, text: str, tokens: int) -> str:
        """The longest beginning of a text that its first `tokens` tokens cover entirely."""
        while len(encoding := self._tokenizer.encode(text, add_special_tokens=False)) > tokens:
            place = encoding.token_to_chars(tokens)
            text = text[: min(place[0] if place else len(text), len(text) - 1)]
        return text

    def spans(self, rendered: Rendered) -> pa.ListArray:
        """The learned spans in tokens: a token is learned if it holds a character that is."""
        counts = pc.list_value_length(rendered.spans).to_numpy()
        flat = rendered.spans.flatten()
        edges = [pc.struct_field(flat, name).to_pylist() for name in ("start", "end")]
        offsets = np.append(0, np.cumsum(counts, dtype=np.int64))
        found, row = np.zeros((len(flat), 2), np.int64), 0
        for texts in _batches(rendered.text):
            for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False):
                for at in range(offsets[row], offsets[row + 1]):
                    found[at] = _tokens_of(encoding, edges[0][at], edges[1][at])
                row += 1
        return span_column(offsets, found[:, 0].copy(), found[:, 1].copy())


def _tokens_of(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    """First token of a range of characters, and the one after its last."""
    first = _token_from(encoding, start)
    last = _token_from(encoding, end)
    if last < len(encoding):
        place = encoding.token_to_chars(last)
        last += place is not None and place[0] < end
    return first, max(first, last)


def _token_from(encoding: Encoding, char: int) -> int:
    """The first token that holds a character or a later one: a tokenizer may leave characters out."""
    last = encoding.offsets[-1][1] if len(encoding) else 0
    found = (encoding.char_to_token(at) for at in range(char, last))
    return next((token for token in found if token is not None), len(encoding))


def _batches(texts: pa.LargeStringArray) -> Iterator[list[str]]:
    """The texts, so many at a time that what a tokenizer makes of them stays small."""
    for at in range(0, len(texts), _BATCH):
        yield texts.slice(at, _BATCH).to_pylist()
