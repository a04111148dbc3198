"""The digest of a release, from what is summed up of its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pyarrow as pa

from transforms.steps.write import CURATED, VERDICTS


def name_columns(schema: pa.Schema) -> list[str]:
    """Name and type of each column, as they go into the digest."""
    return [f"{field.name}:{field.type}" for field in schema]


def digest_release(columns: Mapping[str, Sequence[str]], rows: Mapping[str, int]) -> str:
    """Digest of the columns and the ordered rows of curated and ledger, wherever they are cut.

    `rows` are sums of digests of rows in their places.
    """
    total = hashlib.blake2b(digest_size=16)
    for kind in (CURATED, VERDICTS):
        total.update(f"{kind}:{list(columns[kind])}:{rows[kind] % (1 << 128):032x};".encode())
    return total.hexdigest()
