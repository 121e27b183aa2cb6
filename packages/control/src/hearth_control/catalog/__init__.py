"""What services exist: the model of a service file, its parser, loader and rules."""
