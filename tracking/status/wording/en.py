"""English sentences. `{Carrier}` stands at a sentence's start, `{carrier}` inside; dates come written out."""

CARRIER = "the carrier"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DATE = "{weekday}, {month} {day}"

TEXTS = {
    "created": "We are preparing your parcel.",
    "created_without_number": "We are preparing your parcel. It has no tracking number yet.",
    "label_created": "We have made the label for this parcel. {Carrier} has not scanned it yet.",
    "label_pickup_registered": (
        "We have made the label for this parcel and a pickup is registered. {Carrier} has not scanned it yet."
    ),
    "label_batch_accepted": (
        "{Carrier} has accepted a batch that should hold this parcel, but has not scanned the parcel itself yet."
    ),
    "label_delayed": "We have made the label for this parcel. {Carrier} reports a delay and has not scanned it yet.",
    "first_scan": "{Carrier} has scanned your parcel for the first time.",
    "first_scan_estimate": (
        "{Carrier} has scanned your parcel for the first time. The estimated delivery day is {estimate}."
    ),
    "first_scan_window": (
        "{Carrier} has scanned your parcel for the first time. "
        "It is estimated to arrive between {estimate} and {estimate_until}."
    ),
    "in_transit": "Your parcel is on its way.",
    "in_transit_estimate": "Your parcel is on its way. The estimated delivery day is {estimate}.",
    "in_transit_window": (
        "Your parcel is on its way. It is estimated to arrive between {estimate} and {estimate_until}."
    ),
    "in_transit_late": "Your parcel is on its way, later than {carrier} estimated.",
    "out_for_delivery": "Your parcel is out for delivery with {carrier}.",
    "available_for_pickup": "Your parcel is ready for you to collect.",
    "available_for_pickup_until": (
        "Your parcel is ready for you to collect. If nobody collects it, it goes back to us on {return_by}."
    ),
    "delivered": "Your parcel was delivered on {date}.",
    "delivered_place": "Your parcel was delivered in {place} on {date}.",
    "delivered_signed": "Your parcel was delivered on {date} and signed for.",
    "delivered_place_signed": "Your parcel was delivered in {place} on {date} and signed for.",
    "delayed": "Your parcel is delayed.",
    "delayed_estimate": "Your parcel is delayed. {Carrier} now expects to deliver it on {estimate}.",
    "delayed_window": (
        "Your parcel is delayed. {Carrier} now expects to deliver it between {estimate} and {estimate_until}."
    ),
    "delayed_weather": "Your parcel is delayed by bad weather.",
    "delayed_weather_estimate": (
        "Your parcel is delayed by bad weather. {Carrier} now expects to deliver it on {estimate}."
    ),
    "delayed_weather_window": (
        "Your parcel is delayed by bad weather. "
        "{Carrier} now expects to deliver it between {estimate} and {estimate_until}."
    ),
    "delayed_carrier": "Your parcel is delayed at {carrier}.",
    "delayed_carrier_estimate": (
        "Your parcel is delayed at {carrier}. It is now expected to be delivered on {estimate}."
    ),
    "delayed_carrier_window": (
        "Your parcel is delayed at {carrier}. It is now expected between {estimate} and {estimate_until}."
    ),
    "delayed_missed_window": "{Carrier} could not deliver your parcel at the planned time.",
    "delayed_missed_window_estimate": (
        "{Carrier} could not deliver your parcel at the planned time and now expects to deliver it on {estimate}."
    ),
    "delayed_missed_window_window": (
        "{Carrier} could not deliver your parcel at the planned time "
        "and now expects to deliver it between {estimate} and {estimate_until}."
    ),
    "exception_address_issue": "{Carrier} reports a problem with the delivery address.",
    "exception_failed_attempt": "{Carrier} tried to deliver your parcel and could not.",
    "exception_failed_attempts": "{Carrier} has tried to deliver your parcel on {count} days and could not.",
    "exception_customs_hold": "Your parcel is held by customs.",
    "exception_damaged": "{Carrier} reports that your parcel is damaged. We are looking into it.",
    "exception_lost": "{Carrier} reports that your parcel is lost. We are looking into it.",
    "exception_refused": "{Carrier} reports that the parcel was refused at the delivery address.",
    "exception_held_at_location": "{Carrier} is holding your parcel at one of its locations.",
    "exception_return_to_sender": "{Carrier} reports that the parcel is to be returned to us.",
    "exception_payment_due": "{Carrier} is holding your parcel until a payment is made.",
    "exception_other": "{Carrier} reports a problem with your parcel. We are looking into it.",
    "returning": "Your parcel is coming back to us.",
    "returning_refused": "Your parcel was refused at the delivery address and is coming back to us.",
    "returning_address_issue": "Your parcel is coming back to us because of a problem with the delivery address.",
    "returning_failed_attempt": "Your parcel could not be delivered and is coming back to us.",
    "returning_held_at_location": "Your parcel was not collected and is coming back to us.",
    "returning_damaged": "Your parcel was damaged and is coming back to us.",
    "returning_customs_hold": "Your parcel did not pass customs and is coming back to us.",
    "returning_payment_due": "Your parcel is coming back to us because a payment was not made.",
    "returned": "Your parcel came back to us on {date}.",
    "cancelled": "This shipment was cancelled.",
    "moved_after_delivered": (
        "Your parcel was reported as delivered on {date}, but {carrier} has reported it again since. "
        "We are finding out where it is."
    ),
    "moved_after_returned": (
        "Your parcel was reported as returned to us on {date}, but {carrier} has reported it again since. "
        "We are finding out where it is."
    ),
    "moved_after_cancelled": (
        "This shipment was cancelled, but {carrier} has reported the parcel since. We are finding out where it is."
    ),
    "sources_disagree": (
        "We have been told two different things about your parcel. We are finding out which of them is right."
    ),
}
