"""What a person runs: the `tamis` command and the pipeline behind it."""
