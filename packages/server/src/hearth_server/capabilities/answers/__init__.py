"""Answers to questions out of a person's own documents, each sentence with where it stands."""
