"""Pure functions on Arrow columns and numpy arrays; nothing here knows of Beam."""
