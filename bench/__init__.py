"""Measurements of ShipTrack, as ratios where possible: `make bench`. What each one means stands in docs/performance.md."""
