"""Measurements of ShipTrack, as ratios where possible: `make bench`. docs/performance.md says what each one means."""
