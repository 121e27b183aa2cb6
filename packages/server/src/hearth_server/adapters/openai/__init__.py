"""Embeddings from any service that speaks OpenAI's `/v1/embeddings`, Ollama among them."""
