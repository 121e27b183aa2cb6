"""Secrets of an installation: made once by kind, kept one a file."""
