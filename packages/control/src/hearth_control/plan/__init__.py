"""From catalog, settings, host and observed to a plan: pure, synchronous, tested as text."""
