"""The REST edge: the application, its routes, and what guards every request."""
