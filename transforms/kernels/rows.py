"""Identity of rows: record ids, content hashes, whole-row hashes and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.arrays import buffers

_PRIME = (1 << 127) - 1
_STEP = 0x5DEECE66D1CE4E5B9A3F0E1D2C3B4A59
_EMPTY = pa.scalar(b"", pa.large_binary())
_COLON = pa.scalar(b":", pa.large_binary())
_NULL = pa.scalar(b"-", pa.large_binary())
_NOTHING = pa.scalar(None, pa.large_binary())


def encode_rows(columns: Sequence[pa.Array]) -> pa.LargeBinaryArray:
    """One byte string a row, different for rows that differ in any column.

    >>> encode_rows([pa.array(["a", None]), pa.array([1, 2])]).to_pylist()
    [b'1:a1:1', b'-1:2']
    """
    pieces = [piece for column in columns for piece in _framed(_as_binary(column))]
    return pc.binary_join_element_wise(*pieces, _EMPTY)


def encode_named(columns: Mapping[str, pa.Array]) -> pa.LargeBinaryArray:
    """One byte string a row of its values by column name; a null is as a column that is not there.

    >>> encode_named({"b": pa.array([1, None]), "a": pa.array(["x", "y"])}).to_pylist()
    [b'1:a1:x1:b1:1', b'1:a1:y']
    """
    pieces = []
    for name in sorted(columns):
        values = _as_binary(columns[name])
        frame = pa.scalar(f"{len(name.encode())}:{name}".encode(), pa.large_binary())
        head = pc.binary_join_element_wise(frame, _length(values), _COLON, _EMPTY)
        pieces += [pc.fill_null(head, _EMPTY), pc.fill_null(values, _EMPTY)]
    return pc.binary_join_element_wise(*pieces, _EMPTY)


def _as_binary(column: pa.Array) -> pa.LargeBinaryArray:
    """Values as bytes: text as it is, other flat types as text, nested ones framed value by value."""
    plain = _plain(column)
    kind = plain.type
    if pa.types.is_struct(kind):
        return pc.if_else(plain.is_valid(), encode_rows(plain.flatten()), _NOTHING)
    if pa.types.is_nested(kind):
        return _join_lists(plain)
    if pa.types.is_fixed_size_binary(kind):
        plain = plain.cast(pa.binary())
    elif not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)):
        plain = plain.cast(pa.large_string())
    return plain.cast(pa.large_binary())


def _plain(column: pa.Array) -> pa.Array:
    """The column as it is stored: a dictionary's values, an extension's storage, times as numbers.

    A time as text would depend on the machine's time zones.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(column.storage)
    if pa.types.is_temporal(kind):
        return column.view(pa.int64() if kind.bit_width == 64 else pa.int32())
    if pa.types.is_map(kind):
        return column.cast(pa.list_(pa.struct([kind.key_field, kind.item_field])))
    return column


def _join_lists(column: pa.Array) -> pa.LargeBinaryArray:
    """Framed values of each list, one after another."""
    data, ends = buffers(encode_rows([column.flatten()]))
    lengths = pc.if_else(column.is_valid(), pc.list_value_length(column), 0).to_numpy()
    offsets = ends[np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])]
    content = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    joined = pa.Array.from_buffers(pa.large_binary(), len(column), content)
    return pc.if_else(column.is_valid(), joined, _NOTHING)


def _framed(values: pa.LargeBinaryArray) -> tuple[pa.Array, pa.Array]:
    """Length and colon before each value; null is a lone minus."""
    head = pc.binary_join_element_wise(_length(values), _COLON, _EMPTY)
    return pc.fill_null(head, _NULL), pc.fill_null(values, _EMPTY)


def _length(values: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    return pc.binary_length(values).cast(pa.large_string()).cast(pa.large_binary())


def hash_rows(rows: pa.LargeBinaryArray) -> pa.FixedSizeBinaryArray:
    """BLAKE2b of each byte string, 16 bytes."""
    data, offsets = buffers(rows)
    view, at = memoryview(data.data), offsets.tolist()
    blake = hashlib.blake2b
    digests = b"".join(blake(view[lo:hi], digest_size=16).digest() for lo, hi in pairwise(at))
    return pa.Array.from_buffers(pa.binary(16), len(rows), [None, pa.py_buffer(digests)])


def record_ids(fields: dict[str, pa.Array]) -> pa.FixedSizeBinaryArray:
    """128-bit hash of each row's raw fields, role and text; an empty field is as an absent one.

    >>> a, b = record_ids({"instruction": pa.array(["x", "x"]), "input": pa.array([None, ""])}).to_pylist()
    >>> a == b
    True
    """
    pieces: list[pa.Array | pa.Scalar] = []
    for role, column in fields.items():
        text = pc.fill_null(column.cast(pa.large_string()), "").cast(pa.large_binary())
        name = pa.scalar(role.encode(), pa.large_binary())
        head = pc.binary_join_element_wise(name, _length(text), _COLON, _EMPTY)
        present = pc.greater(pc.binary_length(text), 0)
        pieces += [pc.if_else(present, head, _EMPTY), text]
    return hash_rows(pc.binary_join_element_wise(*pieces, _EMPTY))


def content_hashes(parts: Sequence[pa.LargeStringArray]) -> pa.FixedSizeBinaryArray:
    """128-bit hash of each row's normalised parts: equal where all parts are."""
    return hash_rows(encode_rows(parts))


def as_words(hashes: pa.FixedSizeBinaryArray) -> np.ndarray:
    """16-byte hashes as big-endian uint64 of shape (rows, 2), so that numbers sort as the bytes do."""
    size = len(hashes) * 16
    data = np.frombuffer(hashes.buffers()[1], np.uint8, size, hashes.offset * 16)
    return data.view(">u8").astype(np.uint64).reshape(-1, 2)


class Digest(NamedTuple):
    """An ordered digest of rows: a polynomial in their hashes, so that pieces join at any boundary.

    >>> rows = pa.array([b"a", b"b", b"c"], pa.large_binary())
    >>> digest_rows(rows) == digest_rows(rows[:1]).then(digest_rows(rows[1:]))
    True
    """

    rows: int = 0
    value: int = 0

    def then(self, later: Digest) -> Digest:
        """Digest of these rows followed by the later ones."""
        shifted = self.value * pow(_STEP, later.rows, _PRIME)
        return Digest(self.rows + later.rows, (shifted + later.value) % _PRIME)

    def hex(self) -> str:
        """Hash of the number of rows and the value, 32 hexadecimal digits."""
        return hashlib.blake2b(f"{self.rows}:{self.value}".encode(), digest_size=16).hexdigest()


def digest_rows(rows: pa.LargeBinaryArray) -> Digest:
    """Ordered digest of encoded rows."""
    value = 0
    for number in _as_numbers(hash_rows(rows)):
        value = (value * _STEP + number) % _PRIME
    return Digest(len(rows), value)


def multiset_digest(hashes: pa.FixedSizeBinaryArray) -> int:
    """Sum of the hashes' hashes modulo 2**128: the same for any order; sums of pieces add up."""
    again = hash_rows(hashes.cast(pa.binary()).cast(pa.large_binary()))
    return sum(_as_numbers(again)) % (1 << 128)


def _as_numbers(hashes: pa.FixedSizeBinaryArray) -> Iterator[int]:
    """16-byte hashes that start their buffer, as big-endian numbers."""
    raw = hashes.buffers()[1].to_pybytes()
    return (int.from_bytes(raw[at : at + 16], "big") for at in range(0, 16 * len(hashes), 16))
