"""Places that are not this machine's disk, each asked through its own client, which Beam's options make."""

from transforms.steps.stores.errors import StoreError, StoreUsageError
from transforms.steps.stores.registry import configure, store_of
from transforms.steps.stores.store import Store, Versioned

__all__ = ["Store", "StoreError", "StoreUsageError", "Versioned", "configure", "store_of"]
