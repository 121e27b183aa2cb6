"""Docling over HTTP: layout, tables and text recognition, kept out of this process."""
