"""Towns of the pretend world, and where a scan's `place` word is for one parcel."""

from dataclasses import dataclass

from tracking.sandbox.accounts import Warehouse


@dataclass(frozen=True, slots=True)
class Town:
    """A place with a clock; `hub` names the carrier's building that serves it, in the same zone."""

    city: str
    region: str
    postcode: str
    country: str
    zone: str
    hub: str = ""


TOWNS = (
    Town("Denver", "CO", "80205", "US", "America/Denver", "Commerce City"),
    Town("Boulder", "CO", "80302", "US", "America/Denver", "Commerce City"),
    Town("Portland", "OR", "97214", "US", "America/Los_Angeles", "Troutdale"),
    Town("Eugene", "OR", "97401", "US", "America/Los_Angeles", "Troutdale"),
    Town("Seattle", "WA", "98103", "US", "America/Los_Angeles", "Kent"),
    Town("Oakland", "CA", "94610", "US", "America/Los_Angeles", "Sacramento"),
    Town("Pasadena", "CA", "91104", "US", "America/Los_Angeles", "Bloomington"),
    Town("Tucson", "AZ", "85719", "US", "America/Phoenix", "Chandler"),
    Town("Madison", "WI", "53703", "US", "America/Chicago", "Franklin"),
    Town("Minneapolis", "MN", "55408", "US", "America/Chicago", "Mahtomedi"),
    Town("Omaha", "NE", "68104", "US", "America/Chicago", "Council Bluffs"),
    Town("Nashville", "TN", "37206", "US", "America/Chicago", "Mount Juliet"),
    Town("Houston", "TX", "77007", "US", "America/Chicago", "North Houston"),
    Town("Atlanta", "GA", "30307", "US", "America/New_York", "Ellenwood"),
    Town("Asheville", "NC", "28801", "US", "America/New_York", "Kernersville"),
    Town("Columbus", "OH", "43206", "US", "America/New_York", "Grove City"),
    Town("Pittsburgh", "PA", "15206", "US", "America/New_York", "Zelienople"),
    Town("Buffalo", "NY", "14213", "US", "America/New_York", "Syracuse"),
    Town("Providence", "RI", "02906", "US", "America/New_York", "Northborough"),
    Town("Portland", "ME", "04101", "US", "America/New_York", "Scarborough"),
    Town("Tampa", "FL", "33602", "US", "America/New_York", "Lakeland"),
    Town("Miami", "FL", "33127", "US", "America/New_York", "Medley"),
    Town("Toronto", "ON", "M4E 1G5", "CA", "America/Toronto", "Mississauga"),
    Town("Vancouver", "BC", "V5L 2W2", "CA", "America/Vancouver", "Richmond"),
    Town("Montreal", "QC", "H2J 2L3", "CA", "America/Toronto", "Saint-Laurent"),
    Town("Bristol", "", "BS6 5QA", "GB", "Europe/London", "Langley"),
    Town("Leeds", "", "LS6 2AB", "GB", "Europe/London", "Langley"),
    Town("Valencia", "", "46004", "ES", "Europe/Madrid", "Madrid"),
)

_NATIONAL_HUBS = {
    "fedex": Town("Memphis", "TN", "38118", "US", "America/Chicago"),
    "usps": Town("Indianapolis", "IN", "46241", "US", "America/Indiana/Indianapolis"),
    "ups": Town("Louisville", "KY", "40213", "US", "America/Kentucky/Louisville"),
    "canada_post": Town("Winnipeg", "MB", "R2R 2V6", "CA", "America/Winnipeg"),
}
_CUSTOMS = {
    "CA": Town("Mississauga", "ON", "L4W 5K4", "CA", "America/Toronto"),
    "GB": Town("Stansted", "", "CM24 1QW", "GB", "Europe/London"),
    "ES": Town("Madrid", "", "28042", "ES", "Europe/Madrid"),
    "US": Town("Newark", "NJ", "07114", "US", "America/New_York"),
}
_WRONG_TOWNS = (
    Town("Boise", "ID", "83702", "US", "America/Boise", "Boise"),
    Town("Wichita", "KS", "67203", "US", "America/Chicago", "Wichita"),
)


def place(word: str, carrier: str, house: Warehouse, ship_to: Town) -> Town:
    """Return the town a scenario's `place` means: origin, origin_hub, hub, destination_hub, destination, customs,
    elsewhere (a town that is not the customer's). Raises KeyError for another word."""
    origin = Town(house.city, house.region, house.postcode, house.country, house.zone)
    words = {
        "origin": origin,
        "origin_hub": Town("Newark", "NJ", "07114", "US", house.zone) if house.key == "edison" else origin,
        "hub": _NATIONAL_HUBS[carrier],
        "destination_hub": Town(ship_to.hub, ship_to.region, ship_to.postcode, ship_to.country, ship_to.zone),
        "destination": ship_to,
        "customs": _CUSTOMS[ship_to.country],
        "elsewhere": _WRONG_TOWNS[len(ship_to.city) % len(_WRONG_TOWNS)],
    }
    return words[word]
