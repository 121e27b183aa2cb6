"""A person's own Compose file to a service of the catalog: guessed, explained, and pure.

`read` tells what the file mentions, `adopt` works everything out, `write` puts it into the person's
text with its comments. Nothing here reads a file or asks anybody: `deploy.adding` does.
"""
