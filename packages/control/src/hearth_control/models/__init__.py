"""Models that the lambda server runs by itself: which there are, fetching them, keeping them."""
