"""Facts about the machine that plans are checked against."""
