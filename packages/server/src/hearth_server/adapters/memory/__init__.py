"""Every port in memory: for tests, and to try things out without a database."""
