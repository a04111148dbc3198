"""What rules say of rows: reasons to reject them, and flags."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Marks(NamedTuple):
    """Reasons and flags of some rows: bits of `Reason.bit`, uint64, one value a row."""

    reasons: np.ndarray
    flags: np.ndarray

    @classmethod
    def none(cls, rows: int) -> Marks:
        """Marks of rows that nothing has been said of yet."""
        return cls(np.zeros(rows, np.uint64), np.zeros(rows, np.uint64))

    def add(self, bit: int, action: str, rows: np.ndarray) -> None:
        """Set a bit of some rows, given by a mask or by number, where a rule's action says.

        That is among the reasons for `reject`, nowhere for `off`, and among the flags for any other.

        >>> marks = Marks.none(3)
        >>> marks.add(1, "reject", np.array([True, False, True]))
        >>> marks.add(2, "flag", np.array([2]))
        >>> marks.add(4, "off", np.array([1]))
        >>> marks.reasons.tolist(), marks.flags.tolist()
        ([1, 0, 1], [0, 0, 2])
        """
        if action != "off":
            (self.reasons if action == "reject" else self.flags)[rows] |= np.uint64(bit)
