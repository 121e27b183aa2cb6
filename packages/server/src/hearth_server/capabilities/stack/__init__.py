"""Which services of the installation are up."""
