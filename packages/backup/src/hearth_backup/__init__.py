"""The backup runner: one set over all stores, encrypted, kept by restic, restored and checked."""
