"""Places that are not this machine's disk, each asked through its own client, which Beam's options make."""
