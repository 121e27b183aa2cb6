"""One pair of files a migration: the revision ids, and the SQL."""
