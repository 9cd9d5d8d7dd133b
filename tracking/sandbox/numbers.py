"""Tracking numbers that pass the carriers' own check digits."""

from itertools import cycle


def fedex_number(serial: int) -> str:
    """Return a 12-digit FedEx Express number; `serial` below 10**11 becomes the first 11 digits."""
    digits = f"{serial:011d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, cycle((3, 1, 7)), strict=False))
    return f"{digits}{total % 11 % 10}"


def usps_number(serial: int) -> str:
    """Return a 22-digit USPS barcode number of a pretend mailer; `serial` below 10**7."""
    digits = f"92055{901_744_300}{serial:07d}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
