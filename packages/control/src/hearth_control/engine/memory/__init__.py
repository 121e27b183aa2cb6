"""An engine of nothing but memory, for tests and for `hearth demo`."""
