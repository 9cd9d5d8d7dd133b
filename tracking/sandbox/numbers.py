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


def ups_number(serial: int) -> str:
    """Return a 1Z number of a pretend shipper (Ground); `serial` below 10**7."""
    digits = f"58421003{serial:07d}"
    total = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"1Z{digits}{-total % 10}"


def mail_innovations_number(serial: int) -> str:
    """Return a number of UPS Mail Innovations, which has no check digit; `serial` below 10**10."""
    return f"MI849261{serial:010d}"


def canada_post_number(serial: int) -> str:
    """Return a 16-digit Canada Post number; `serial` below 10**8."""
    digits = f"4003127{serial:08d}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
