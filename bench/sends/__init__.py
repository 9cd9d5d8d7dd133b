"""Messages while relays and senders are killed at random, then proof: none lost, none doubled, every doubt listed."""
