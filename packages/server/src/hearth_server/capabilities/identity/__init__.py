"""Who people are and how they prove it: sign-in links, sessions, API tokens."""
