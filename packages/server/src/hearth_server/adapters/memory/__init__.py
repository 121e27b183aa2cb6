"""Ports in memory: for tests, and to try things out without a database.

A port whose promises PostgreSQL keeps by its own rules has none; `docs/guides/stores.md` has them.
"""
