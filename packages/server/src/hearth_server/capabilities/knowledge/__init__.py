"""A person's documents: taken in, cut into passages, found again and cited.

`tools` what callers may do · `uploads` files as streams · `ingest` what the worker does ·
`search` one query · `words`, `split`, `ranking` pure rules · `ports` what adapters must offer.
"""
