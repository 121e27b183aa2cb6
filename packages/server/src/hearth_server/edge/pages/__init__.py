"""Pages for people: rendered here, useful without JavaScript, one small script for the rest."""
