"""Identity of rows: record ids, content hashes, whole-row hashes and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from transforms.kernels.arrays import buffers, is_new, mark_repeated, sort_numbers

_EMPTY = pa.scalar(b"", pa.large_binary())
_COLON = pa.scalar(b":", pa.large_binary())
_NOTHING = pa.scalar(None, pa.large_binary())


def encode_rows(columns: Sequence[pa.Array]) -> pa.LargeBinaryArray:
    """One byte string a row, different for rows that differ in any column: lengths, then values.

    >>> one, two, three = encode_rows([pa.array(["a", None, ""]), pa.array([12, 12, 12])]).to_pylist()
    >>> one[8:], two[8:], two == three
    (b'a12', b'12', False)
    """
    values = {at: _as_binary(column) for at, column in enumerate(columns) if column.null_count < len(column)}
    filled = [pc.fill_null(value, _EMPTY) if value.null_count else value for value in values.values()]
    return pc.binary_join_element_wise(_lengths(values, len(columns[0]), len(columns)), *filled, _EMPTY)


def _lengths(values: Mapping[int, pa.LargeBinaryArray], rows: int, columns: int) -> pa.LargeBinaryArray:
    """Lengths of each row's values by the number of the column, four bytes each; that of a null is -1."""
    lengths = np.full((rows, columns), -1, "<i4")
    for at, value in values.items():
        found = pc.binary_length(value)
        lengths[:, at] = (pc.fill_null(found, -1) if value.null_count else found).to_numpy()
    ends = np.arange(len(lengths) + 1, dtype=np.int64) * lengths.strides[0]
    content = [None, pa.py_buffer(ends), pa.py_buffer(lengths.tobytes())]
    return pa.Array.from_buffers(pa.large_binary(), len(lengths), content)


def encode_named(columns: Mapping[str, pa.Array]) -> pa.LargeBinaryArray:
    """One byte string a row of its values by column name; a null counts as a column that is not there.

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
    """Values as bytes: text as it is, other flat types as text, nested ones value by value."""
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
    """Values of each list, each with its length, one after another."""
    data, ends = buffers(encode_rows([column.flatten()]))
    lengths = pc.if_else(column.is_valid(), pc.list_value_length(column), 0).to_numpy()
    offsets = ends[np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])]
    content = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    joined = pa.Array.from_buffers(pa.large_binary(), len(column), content)
    return pc.if_else(column.is_valid(), joined, _NOTHING)


def _length(values: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    return pc.binary_length(values).cast(pa.large_string()).cast(pa.large_binary())


def hash_rows(rows: pa.LargeBinaryArray) -> pa.FixedSizeBinaryArray:
    """BLAKE2b of each byte string, 16 bytes: for what must not collide even if somebody tries."""
    return _hash_each(rows, lambda row: hashlib.blake2b(row, digest_size=16).digest())


def sum_up_rows(rows: pa.LargeBinaryArray) -> pa.FixedSizeBinaryArray:
    """XXH3 of each byte string, 16 bytes: a checksum, several times as fast."""
    return _hash_each(rows, xxhash.xxh3_128_digest)


def _hash_each(rows: pa.LargeBinaryArray, digest: Callable[[memoryview], bytes]) -> pa.FixedSizeBinaryArray:
    data, offsets = buffers(rows)
    view, at = memoryview(data.data), offsets.tolist()
    digests = b"".join(digest(view[lo:hi]) for lo, hi in pairwise(at))
    return pa.Array.from_buffers(pa.binary(16), len(rows), [None, pa.py_buffer(digests)])


def record_ids(fields: Mapping[str, pa.Array]) -> pa.FixedSizeBinaryArray:
    """128-bit hash of each row's raw fields, role and text; an empty field counts as absent.

    >>> a, b = record_ids({"instruction": pa.array(["x", "x"]), "input": pa.array([None, ""])}).to_pylist()
    >>> a == b
    True
    """
    pieces = [_framed(pa.scalar(role.encode(), pa.large_binary()), column) for role, column in fields.items()]
    return hash_rows(pc.binary_join_element_wise(*pieces, _EMPTY))


_NAMES = {"user": "instruction", "assistant": "output", "system": "system", "tool": "tool", "": ""}
"""What turns of the usual roles are called, as flat rows call them; any other has its length before it."""


def record_ids_of_turns(
    prompts: pa.Array, offsets: np.ndarray, roles: pa.StringArray, texts: pa.LargeStringArray
) -> pa.FixedSizeBinaryArray:
    """128-bit hash of each row's turns, role and text, after a system prompt that is not empty.

    A row of one question and one answer has the id of the flat row with the same texts.

    >>> roles, texts = pa.array(["user", "assistant"]), pa.array(["x", "y"], pa.large_string())
    >>> found = record_ids_of_turns(pa.nulls(1, pa.string()), np.array([0, 2]), roles, texts)
    >>> found == record_ids({"instruction": pa.array(["x"]), "output": pa.array(["y"])})
    True
    """
    said = texts.cast(pa.large_binary())
    data, ends = buffers(pc.binary_join_element_wise(_named(roles), _length(said), _COLON, said, _EMPTY))
    content = [None, pa.py_buffer(np.ascontiguousarray(ends[offsets])), pa.py_buffer(data)]
    turns = pa.Array.from_buffers(pa.large_binary(), len(prompts), content)
    before = _framed(pa.scalar(b"system", pa.large_binary()), prompts)
    return hash_rows(pc.binary_join_element_wise(before, turns, _EMPTY))


def _named(roles: pa.StringArray) -> pa.LargeBinaryArray:
    """Names of roles, none of which can be mistaken for another, whatever follows it."""
    distinct = pc.fill_null(roles, "").dictionary_encode()
    names = [
        _NAMES[role] if role in _NAMES else f"\0{len(role.encode())}:{role}"
        for role in distinct.dictionary.to_pylist()
    ]
    return pa.array(names, pa.string()).take(distinct.indices).cast(pa.large_binary())


def _framed(name: pa.Array | pa.Scalar, column: pa.Array) -> pa.LargeBinaryArray:
    """Each text after a name and its length; nothing at all for an empty one."""
    text = pc.fill_null(column.cast(pa.large_string()), "").cast(pa.large_binary())
    head = pc.binary_join_element_wise(name, _length(text), _COLON, _EMPTY)
    return pc.binary_join_element_wise(
        pc.if_else(pc.greater(pc.binary_length(text), 0), head, _EMPTY), text, _EMPTY
    )


def content_hashes(parts: Sequence[pa.LargeStringArray]) -> pa.FixedSizeBinaryArray:
    """128-bit hash of each row's normalised parts: equal where all parts are."""
    return hash_rows(encode_rows(parts))


def prompt_hashes(prompts: pa.LargeStringArray) -> np.ndarray:
    """64-bit hash of each normalised prompt (uint64).

    >>> one, two, three = prompt_hashes(pa.array(["a", "b", "a"], pa.large_string()))
    >>> bool(one == two), bool(one == three)
    (False, True)
    """
    return as_words(sum_up_rows(prompts))[:, 0].copy()


def as_words(hashes: pa.FixedSizeBinaryArray, order: Literal["C", "F"] = "C") -> np.ndarray:
    """16-byte hashes as big-endian uint64 of shape (rows, 2), so that numbers sort as the bytes do.

    In the order `F` all first words stand together, which is what a list is looked up by.
    """
    size = len(hashes) * 16
    data = np.frombuffer(hashes.buffers()[1], np.uint8, size, hashes.offset * 16)
    return data.view(">u8").reshape(-1, 2).astype(np.uint64, order=order)


def from_words(words: np.ndarray) -> pa.FixedSizeBinaryArray:
    """16-byte hashes from uint64 of shape (rows, 2), as `as_words` gives them."""
    data = pa.py_buffer(words.astype(">u8").tobytes())
    return pa.Array.from_buffers(pa.binary(16), len(words), [None, data])


def unique_words(words: np.ndarray) -> np.ndarray:
    """Each 16-byte hash once, sorted.

    >>> unique_words(np.array([[2, 1], [1, 7], [2, 1]], np.uint64)).tolist()
    [[1, 7], [2, 1]]
    """
    return np.asarray(words[_first_by_value(words)])


def first_words(words: np.ndarray) -> np.ndarray:
    """Rows whose 16-byte hash no row before them has, ascending.

    >>> first_words(np.array([[1, 5], [2, 0], [1, 5], [1, 2]], np.uint64)).tolist()
    [0, 1, 3]
    """
    return np.sort(_first_by_value(words))


def order_words(words: np.ndarray) -> np.ndarray:
    """The order of 16-byte hashes by value, equal ones by row.

    Hashes that differ do so in their first word, or nearly always: sorting by it alone is several times
    faster than sorting by both.

    >>> order_words(np.array([[2, 1], [1, 7], [1, 5], [1, 7]], np.uint64)).tolist()
    [2, 1, 3, 0]
    """
    firsts, order = sort_numbers(words[:, 0])
    tied = mark_repeated(firsts)
    if tied.any():
        rows = order[tied]
        order[tied] = rows[np.lexsort((rows, words[rows, 1], words[rows, 0]))]
    return order


def _first_by_value(words: np.ndarray) -> np.ndarray:
    """The first row of each value, by value."""
    order = order_words(words)
    return np.asarray(order[is_new(*words[order].T)])


def find_words(known: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    """Where each 16-byte hash stands in a list that holds them all; None if it does not.

    >>> known = np.array([[2, 1], [1, 7], [1, 5]], np.uint64)
    >>> find_words(known, known[[2, 0]]).tolist(), find_words(known, known + np.uint64(1))
    ([2, 0], None)
    """
    at = place_words(known, wanted)
    return None if (at < 0).any() else at


def place_words(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each 16-byte hash stands first in a list, or -1.

    >>> known = np.array([[2, 1], [1, 7], [1, 7]], np.uint64)
    >>> place_words(known, np.array([[1, 7], [2, 2], [2, 1]], np.uint64)).tolist()
    [1, -1, 0]
    """
    if len(known) == 0:
        return np.full(len(wanted), -1)
    order = _first_by_value(known)
    at = order[np.minimum(_place(known[order], wanted), len(order) - 1)]
    return np.where((known[at] == wanted).all(1), at, -1)


def holds_words(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mark the 16-byte hashes that stand in a sorted list.

    >>> known = np.array([[1, 5], [1, 7], [2, 1]], np.uint64)
    >>> holds_words(known, np.array([[1, 7], [1, 6]], np.uint64)).tolist()
    [True, False]
    """
    if len(known) == 0:
        return np.zeros(len(wanted), bool)
    place = np.minimum(_place(known, wanted), len(known) - 1)
    return np.asarray((known[place] == wanted).all(1))


def _place(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each pair of words would stand in a sorted list."""
    firsts = np.ascontiguousarray(known[:, 0])
    low = np.searchsorted(firsts, wanted[:, 0])
    next_one = np.minimum(low + 1, len(known) - 1)
    for row in np.flatnonzero((firsts[next_one] == wanted[:, 0]) & (next_one > low)):
        high = np.searchsorted(firsts, wanted[row, 0], "right")
        low[row] += np.searchsorted(known[low[row] : high, 1], wanted[row, 1])
    return low


def digest_rows(columns: Sequence[pa.Array], first: int) -> int:
    """Digest of rows in their places, the first at `first`: digests of pieces add up modulo 2**128.

    >>> letters = pa.array(["a", "b", "c"])
    >>> pieces = digest_rows([letters[:1]], 0) + digest_rows([letters[1:]], 1)
    >>> digest_rows([letters], 0) == pieces % 2**128
    True
    """
    places = pa.array(np.arange(first, first + len(columns[0])))
    return sum_hashes(sum_up_rows(encode_rows([places, *columns])))


def sum_hashes(hashes: pa.FixedSizeBinaryArray) -> int:
    """Sum of 16-byte hashes modulo 2**128: the same for any order; sums of pieces add up."""
    words = as_words(hashes)
    total = 0
    for column in (words[:, 0], words[:, 1]):
        for half in (column >> np.uint64(32), column & np.uint64(0xFFFFFFFF)):
            total = (total << 32) + int(half.sum())
    return total % (1 << 128)


def from_hex(texts: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """16-byte hashes from 32 hexadecimal digits each.

    >>> from_hex(pa.array(["00" * 15 + "ff"])).to_pylist()[0][-1]
    255
    """
    data, _ = buffers(texts.cast(pa.large_string()))
    digits = data.reshape(-1, 32)
    values = (digits & 15) + 9 * (digits >> 6)
    packed = values[:, ::2] << 4 | values[:, 1::2]
    return pa.Array.from_buffers(pa.binary(16), len(texts), [None, pa.py_buffer(packed.tobytes())])


_DIGITS = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), np.uint16)


def to_hex(hashes: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """32 hexadecimal digits for each 16-byte hash.

    >>> to_hex(pa.array([bytes([0] * 15 + [255])], pa.binary(16))).to_pylist()[0][-4:]
    '00ff'
    """
    size = len(hashes) * 16
    texts = _DIGITS[np.frombuffer(hashes.buffers()[1], np.uint8, size, hashes.offset * 16)]
    offsets = pa.py_buffer((np.arange(len(hashes) + 1) * 32).astype(np.int32).tobytes())
    return pa.Array.from_buffers(pa.string(), len(hashes), [None, offsets, pa.py_buffer(texts.tobytes())])
