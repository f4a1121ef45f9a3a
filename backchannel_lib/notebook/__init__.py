"""What a notebook shows: an activity as a Jupyter widget."""
