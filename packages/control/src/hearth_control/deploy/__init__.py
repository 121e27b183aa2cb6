"""The flow of a deploy: load, observe, plan, confirm, secrets, render, lock, apply, summary.

Small functions that are handed the world (`world.py`); the CLI's verbs call them and print.
"""
