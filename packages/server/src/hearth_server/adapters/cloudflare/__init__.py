"""Cloudflare Access: its signing keys, and what its assertions say."""
