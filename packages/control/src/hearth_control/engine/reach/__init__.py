"""Asking a program that Hearth does not run whether it answers, from where its user will stand."""
