"""How well problems are found: generated parcels with known lives, told with the noise of real feeds."""
