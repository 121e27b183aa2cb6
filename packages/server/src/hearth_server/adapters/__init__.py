"""What the server's ports are made of, one folder a technology; no adapter knows another."""
