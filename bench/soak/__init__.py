"""Endurance: load while processes are killed, then proof that nothing was lost and nothing happened twice."""
