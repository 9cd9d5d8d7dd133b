"""The public pages of tracking."""
