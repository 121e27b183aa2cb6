"""Originals in a folder of this machine."""
