"""What a person knows as things and how they relate."""
