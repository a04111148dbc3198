"""What reads the rows of a unit, of whatever kind its file is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from schemas.plan import InputFile, Plan, Unit
from transforms.kernels.adapters import BY_NAME, Adapter
from transforms.kernels.texts import Texts

READ_ERRORS = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises on a file or row group that is damaged."""


class UnreadableError(RuntimeError):
    """A row group is damaged."""


class ChangedError(RuntimeError):
    """An input file is not what it was when the run was planned."""


def damage_of(error: Exception) -> str:
    """The one line that says what is damaged.

    Raises:
        Exception: the error itself, where the system failed and not the data.
    """
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
        raise error
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@dataclass(frozen=True)
class Reader(ABC):
    """Reads the rows of one unit; `lost` has those that were read and are damaged, and why."""

    plan: Plan
    unit: Unit
    lost: dict[int, str] = field(default_factory=dict, compare=False)

    @property
    def file(self) -> InputFile:
        """The file the unit is of."""
        return self.plan.files[self.unit.file]

    @property
    def position(self) -> int | None:
        """Where in its file the unit begins, if what is found of it depends on that."""
        return None

    @property
    def place(self) -> tuple[int, ...]:
        """What tells the unit from others of its file, and stays as it is where a few rows of that change."""
        return self.unit.groups[0], self.unit.skip

    @cached_property
    def adapter(self) -> Adapter:
        """What reads examples out of the file's rows."""
        source = self.plan.sources[self.file.source]
        return BY_NAME[source.format].reading(source.columns)

    @property
    def columns(self) -> dict[str, str]:
        """The column of whatever makes up an example."""
        return self.plan.sources[self.file.source].columns

    def texts(self, batch: pa.RecordBatch) -> Texts:
        """Instruction, input and output of each row, as the recipe has them."""
        return self.adapter.texts(batch, self.plan.recipe["turns"])

    def rank_alike(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows, whole numbers that they rank by having the type of the fractions in their source."""
        column = self.plan.recipe["dedup"]["column"]
        if not self.plan.sources[self.file.source].fractions or column not in batch.schema.names:
            return batch
        if not pa.types.is_integer(batch.schema.field(column).type):
            return batch
        numbers = batch.column(column).cast(pa.float64(), safe=False)
        return batch.set_column(batch.schema.get_field_index(column), column, numbers)

    def changed(self, how: str) -> ChangedError:
        """The error that the file is another than the run was planned with."""
        return ChangedError(f"{self.file.path} has changed during the run: {how}")

    def check_size(self, file: pa.NativeFile) -> None:
        """Refuse a file of another size than the run was planned with."""
        if file.size() != self.file.bytes:
            raise self.changed(f"it had {self.file.bytes} bytes, it has {file.size()}")

    def whole_rows(self, batch: pa.RecordBatch, first: int) -> tuple[np.ndarray, pa.RecordBatch]:
        """The rows of a slice that are not damaged, by their numbers in the unit, from that of the first."""
        rows = np.arange(first, first + len(batch))
        whole = ~np.isin(rows, list(self.lost))
        return rows[whole], batch if whole.all() else batch.filter(pa.array(whole))

    @abstractmethod
    def group_rows(self, group: int) -> int:
        """Rows of a row group that belong to the unit."""

    @abstractmethod
    def rows_before(self, group: int) -> int:
        """Rows of the unit before a row group."""

    @abstractmethod
    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a row group, in slices of about 4 MB, of some columns or all.

        Raises:
            UnreadableError: the row group is damaged.
        """

    def take(self, rows: np.ndarray) -> Iterator[pa.RecordBatch]:
        """The text columns of some rows, ascending; no slice behind the last of a row group is read."""
        for group in range(*self.unit.groups):
            at = self.rows_before(group)
            inside = rows[(rows >= at) & (rows < at + self.group_rows(group))]
            for batch in self.slices(group, list(self.columns.values())) if len(inside) else ():
                here = inside[(inside >= at) & (inside < at + len(batch))] - at
                at += len(batch)
                if len(here):
                    yield batch.take(pa.array(here))
                if at > inside[-1]:
                    break

    @abstractmethod
    def digests(self, group: int) -> tuple[str, str]:
        """BLAKE2b of the stored bytes of a row group: of its text columns, and of the others."""
