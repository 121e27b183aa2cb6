"""What administrators look at: people, how much they use, and for support their documents."""
