"""An embedder without a model: always there, deterministic, and honest about what it is."""
