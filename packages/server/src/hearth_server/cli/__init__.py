"""`hearth-server`: one file a verb; options in, one call, output, exit code."""
