"""Immich: an account there for each person here."""
