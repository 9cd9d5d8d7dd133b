"""The pretend shops and carriers: they speak the vendors' own formats and know nothing of the product.

Nothing here imports another room, so that what ShipTrack reads was written by a second, independent hand.
"""
