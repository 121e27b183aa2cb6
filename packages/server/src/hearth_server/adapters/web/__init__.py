"""Pages of the open internet, and of nothing else."""
