"""What data looks like in Tamis: examples, verdicts, recipes, plans, reports and releases."""
