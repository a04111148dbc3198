"""What all records that are stored as JSON have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A record that refuses unknown keys and changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
