"""One spelling, check digits, carriers by shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.connectors import carriers
from tracking.connectors.numbers import contradicts, detect, mod10, normalize, s10, without_routing


@pytest.mark.parametrize(
    ("given_number", "stored"),
    [
        ("1z 999-aa1 01 2345 6784", "1Z999AA10123456784"),
        (" 9405 5118 9922 3197 4284 90\n", "9405511899223197428490"),
        ("１２３４", "1234"),
        ("00\u200b12\u00a034\u2013\ufeff56", "00123456"),
        ("a\x00b", "AB"),
        ("", ""),
        ("- -", ""),
        ("x" * 100, "X" * 64),
    ],
)
def test_one_spelling(given_number: str, stored: str) -> None:
    assert normalize(given_number) == stored


@given(st.text(max_size=120))
def test_doing_it_twice_changes_nothing(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert len(once) <= 64
    assert not any(c.isspace() for c in once)


@given(st.text(alphabet="0123456789abcdefXYZ", max_size=30), st.sampled_from([" ", "-", "\u2009", "\u2011"]))
def test_decoration_does_not_matter(text: str, decoration: str) -> None:
    assert normalize(decoration.join(text)) == normalize(text)


# Numbers of public examples (UPS, USPS, FedEx's published test numbers) and some made with the check digit by hand.
@pytest.mark.parametrize(
    ("number", "carriers_found"),
    [
        ("1Z999AA10123456784", {"ups"}),
        ("1Z999AA10123456785", set()),
        ("9405511899223197428490", {"usps"}),
        ("9405511899223197428491", set()),
        ("420972019405511899223197428490", {"usps"}),
        ("4209720112349405511899223197428490", {"usps"}),
        ("797806677146", {"fedex"}),
        ("377101283611590", {"fedex"}),
        ("377101283611591", set()),
        ("797806677147", set()),
        ("DT123456789012", {"fedex"}),
        ("RB123456785US", {"usps"}),
        ("RB123456784US", set()),
        ("RB123456785GB", set()),
        ("1234567891", {"dhl_express"}),
        ("JD014600003889345566", {"dhl_express"}),
        ("GM605112270084510370", {"dhl_ecommerce"}),
        ("hello", set()),
        ("", set()),
        ("٧٩٧٨٠٦٦٧٧١٤٦", set()),  # Arabic digits are other characters: not the same number
    ],
)
def test_detection(number: str, carriers_found: set[str]) -> None:
    assert detect(number) == carriers_found


@given(st.text(max_size=40))
def test_detection_never_fails_and_names_known_carriers(text: str) -> None:
    assert detect(text) <= {code for code, _ in carriers.choices()}


@given(st.from_regex(r"94[0-9]{20}", fullmatch=True))
def test_one_check_digit_in_ten_fits(number: str) -> None:
    fitting = [digit for digit in "0123456789" if "usps" in detect(number[:-1] + digit)]
    assert len(fitting) == 1


def test_check_digits_by_hand() -> None:
    # UPU S10 example 47312482: 4*8+7*6+3*4+1*2+2*3+4*5+8*9+2*7 = 200; 200 mod 11 = 2; 11 - 2 = 9
    assert s10("47312482") == 9
    # 3*1 + 1*2 + 3*3 = 14 -> 6
    assert mod10("123", 3, 1) == 6


def test_routing_prefix() -> None:
    assert without_routing("420972019405511899223197428490") == "9405511899223197428490"
    assert without_routing("9405511899223197428490") == "9405511899223197428490"
    assert without_routing("42097201") == "42097201"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("FedEx Ground®", "fedex"),
        ("FEDEX", "fedex"),
        ("stamps_com", "usps"),
        ("UPS® Mail Innovations", "ups"),
        ("DHL Express", "dhl_express"),
        ("Brand new carrier", ""),
        ("", ""),
    ],
)
def test_vendor_names_of_carriers(name: str, code: str) -> None:
    assert carriers.code_for(name) == code


def test_every_carrier_is_named_once() -> None:
    codes = [carrier.code for carrier in carriers.CARRIERS]
    assert len(codes) == len(set(codes))
    names = [(alias, c.code) for c in carriers.CARRIERS for alias in c.aliases]
    assert len({alias for alias, _ in names}) == len(names)
    for alias, code in names:
        assert carriers.code_for(alias) == code, f"the alias {alias} is not in its plain form"
    assert carriers.label_for("usps") == "USPS"
    assert carriers.label_for("martian") == "martian"
    assert carriers.group_for("dhl_express") == "dhl"
    assert carriers.group_for("martian") == "martian"


@pytest.mark.parametrize(
    ("number", "group", "is_doubtful"),
    [
        ("1Z999AA10123456784", "ups", False),
        ("1Z999AA10123456783", "ups", True),  # the check digit
        ("1Z999AA10123456784", "fedex", True),  # somebody else's
        ("9205590174430018378321", "fedex", False),  # the last mile by the postal service
        ("9205590174430018378321", "dhl", True),
        ("0123456789", "fedex", False),  # a short number proves nothing
        ("WAREHOUSE-7-000000012", "ups", False),  # nobody's shape
        ("1Z999AA10123456783", "royal_mail", False),  # a carrier whose numbers we cannot check
        ("1Z999AA10123456783", "", False),
    ],
)
def test_a_number_contradicts_its_carrier(number: str, group: str, is_doubtful: bool) -> None:
    assert contradicts(number, group) is is_doubtful
