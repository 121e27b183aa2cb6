"""Secrets: made once by kind, kept in `secrets/` of the home, told apart by fingerprint.

`rules` · `generate` (pure) · `fingerprint` (pure) · `store` (the only one that touches the disk).
"""
