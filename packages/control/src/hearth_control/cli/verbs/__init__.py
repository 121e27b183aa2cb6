"""The verbs, one file each: options in, one call, printing, exit."""
