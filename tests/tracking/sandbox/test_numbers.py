from hypothesis import given
from hypothesis import strategies as st

from tracking.sandbox.numbers import canada_post_number, fedex_number, ups_number, usps_number


def test_fedex_number_agrees_with_fedex_own_example() -> None:
    assert fedex_number(56883841494) == "568838414941"  # from FedEx's list of mock numbers


@given(st.integers(0, 10**7 - 1))
def test_usps_number_has_a_sound_mod_10_digit(serial: int) -> None:
    number = usps_number(serial)
    from_the_right = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    assert len(number) == 22
    assert from_the_right % 10 == 0


def test_ups_number_ends_with_its_check_digit() -> None:
    assert ups_number(2)[:-1] == "1Z584210030000002"
    letters = ups_number(1_234_567)[2:]
    total = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(letters[:-1]))
    assert (total + int(letters[-1])) % 10 == 0


@given(st.integers(0, 10**8 - 1))
def test_canada_post_number_has_a_sound_mod_10_digit(serial: int) -> None:
    number = canada_post_number(serial)
    from_the_right = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    assert len(number) == 16
    assert from_the_right % 10 == 0
