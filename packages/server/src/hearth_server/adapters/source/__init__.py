"""Reading the code of repositories in a process of its own."""
