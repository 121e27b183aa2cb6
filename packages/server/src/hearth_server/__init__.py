"""The lambda server."""
