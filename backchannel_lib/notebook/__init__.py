"""Activities as Jupyter widgets."""
