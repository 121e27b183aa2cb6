"""What surrounds an engine and is none itself: the deploy lock, the audit log, the dry run."""
