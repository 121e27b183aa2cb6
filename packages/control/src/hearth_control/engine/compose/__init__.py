"""The engine that is Docker: its API for everything read, `docker compose` for what it creates."""
