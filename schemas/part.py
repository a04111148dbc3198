"""What the parts of the report have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the report: frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
