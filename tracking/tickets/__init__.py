"""Support tickets: what customers ask at the desk, matched to their parcels, and the tickets opened for our cases."""
