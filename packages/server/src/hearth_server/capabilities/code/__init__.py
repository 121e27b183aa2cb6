"""The code of repositories as a graph, and scripts that are checked against it."""
