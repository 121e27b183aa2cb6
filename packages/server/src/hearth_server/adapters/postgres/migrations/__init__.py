"""The schema's history, oldest first: `versions/NNNN_name.py` and the `.sql` beside it."""
