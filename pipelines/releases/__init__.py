"""Published releases, read again: the manifest, lines of the ledger, and rows with their texts."""
