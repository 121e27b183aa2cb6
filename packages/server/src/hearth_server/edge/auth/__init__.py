"""From a request's headers to a `Principal`, and proof that a form is our own."""
