"""The command line: one file a verb; options in, one call, printing, exit."""
