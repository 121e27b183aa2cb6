"""What is stored for a person, looked at as it is stored."""
