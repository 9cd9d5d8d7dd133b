"""Numbers about the work: what is open, what came and went, where it comes from."""
