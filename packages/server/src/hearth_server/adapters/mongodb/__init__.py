"""Vectors in MongoDB."""
