from hypothesis import given
from hypothesis import strategies as st

from tracking.sandbox.numbers import fedex_number, usps_number


def test_fedex_number_agrees_with_fedex_own_example() -> None:
    assert fedex_number(56883841494) == "568838414941"  # from FedEx's list of mock numbers


@given(st.integers(0, 10**7 - 1))
def test_usps_number_has_a_sound_mod_10_digit(serial: int) -> None:
    number = usps_number(serial)
    from_the_right = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    assert len(number) == 22
    assert from_the_right % 10 == 0
