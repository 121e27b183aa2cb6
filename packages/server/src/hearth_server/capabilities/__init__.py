"""What the server can do: one folder a capability, the same file names in each."""
