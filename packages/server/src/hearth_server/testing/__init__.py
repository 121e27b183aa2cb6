"""What tests and benchmarks of the server stand on; nothing here runs in a deployment."""
