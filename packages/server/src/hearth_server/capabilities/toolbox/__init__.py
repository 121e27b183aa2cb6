"""Which tools an agent has at hand: find further ones and put them on its list."""
