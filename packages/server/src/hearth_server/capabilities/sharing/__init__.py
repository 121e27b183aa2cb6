"""Letting others read documents: people by address, groups of people, or everybody here."""
