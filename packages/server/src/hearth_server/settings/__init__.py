"""The server's settings: `model` (values), `parse` (pure), `load` (reads the environment)."""
