"""What is said in videos of YouTube."""
