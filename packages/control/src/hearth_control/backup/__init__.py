"""Backups: what the verbs ask of the runner, and what has to stand still meanwhile."""
