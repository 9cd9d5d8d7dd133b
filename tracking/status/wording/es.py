"""Spanish sentences, with the same keys and parameters as the English ones."""

CARRIER = "el transportista"
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
DATE = "{weekday}, {day} de {month}"

TEXTS = {
    "created": "Estamos preparando tu paquete.",
    "created_without_number": "Estamos preparando tu paquete. Todavía no tiene número de seguimiento.",
    "label_created": "Hemos creado la etiqueta de este paquete. {Carrier} todavía no lo ha escaneado.",
    "label_pickup_registered": (
        "Hemos creado la etiqueta de este paquete y hay una recogida registrada. {Carrier} todavía no lo ha escaneado."
    ),
    "label_batch_accepted": (
        "{Carrier} ha aceptado un lote que debería incluir este paquete, pero todavía no ha escaneado el paquete."
    ),
    "label_delayed": (
        "Hemos creado la etiqueta de este paquete. {Carrier} avisa de un retraso y todavía no lo ha escaneado."
    ),
    "first_scan": "{Carrier} ha escaneado tu paquete por primera vez.",
    "first_scan_estimate": (
        "{Carrier} ha escaneado tu paquete por primera vez. El día de entrega estimado es el {estimate}."
    ),
    "first_scan_window": (
        "{Carrier} ha escaneado tu paquete por primera vez. "
        "La entrega se estima entre el {estimate} y el {estimate_until}."
    ),
    "in_transit": "Tu paquete está en camino.",
    "in_transit_estimate": "Tu paquete está en camino. El día de entrega estimado es el {estimate}.",
    "in_transit_window": ("Tu paquete está en camino. La entrega se estima entre el {estimate} y el {estimate_until}."),
    "in_transit_late": "Tu paquete está en camino, más tarde de lo que preveía {carrier}.",
    "out_for_delivery": "Tu paquete está en reparto con {carrier}.",
    "available_for_pickup": "Tu paquete está listo para que lo recojas.",
    "available_for_pickup_until": (
        "Tu paquete está listo para que lo recojas. Si nadie lo recoge, nos lo devolverán el {return_by}."
    ),
    "delivered": "Tu paquete se entregó el {date}.",
    "delivered_place": "Tu paquete se entregó en {place} el {date}.",
    "delivered_signed": "Tu paquete se entregó el {date} con firma.",
    "delivered_place_signed": "Tu paquete se entregó en {place} el {date} con firma.",
    "delayed": "Tu paquete va con retraso.",
    "delayed_estimate": "Tu paquete va con retraso. {Carrier} prevé ahora entregarlo el {estimate}.",
    "delayed_window": (
        "Tu paquete va con retraso. {Carrier} prevé ahora entregarlo entre el {estimate} y el {estimate_until}."
    ),
    "delayed_weather": "Tu paquete va con retraso por el mal tiempo.",
    "delayed_weather_estimate": (
        "Tu paquete va con retraso por el mal tiempo. {Carrier} prevé ahora entregarlo el {estimate}."
    ),
    "delayed_weather_window": (
        "Tu paquete va con retraso por el mal tiempo. "
        "{Carrier} prevé ahora entregarlo entre el {estimate} y el {estimate_until}."
    ),
    "delayed_carrier": "{Carrier} lleva retraso con tu paquete.",
    "delayed_carrier_estimate": ("{Carrier} lleva retraso con tu paquete. Ahora se prevé entregarlo el {estimate}."),
    "delayed_carrier_window": (
        "{Carrier} lleva retraso con tu paquete. Ahora se prevé entregarlo entre el {estimate} y el {estimate_until}."
    ),
    "delayed_missed_window": "{Carrier} no pudo entregar tu paquete a la hora prevista.",
    "delayed_missed_window_estimate": (
        "{Carrier} no pudo entregar tu paquete a la hora prevista y prevé ahora entregarlo el {estimate}."
    ),
    "delayed_missed_window_window": (
        "{Carrier} no pudo entregar tu paquete a la hora prevista "
        "y prevé ahora entregarlo entre el {estimate} y el {estimate_until}."
    ),
    "exception_address_issue": "{Carrier} avisa de un problema con la dirección de entrega.",
    "exception_failed_attempt": "{Carrier} intentó entregar tu paquete y no pudo.",
    "exception_failed_attempts": "{Carrier} ha intentado entregar tu paquete en {count} días y no ha podido.",
    "exception_customs_hold": "Tu paquete está retenido en la aduana.",
    "exception_damaged": "{Carrier} avisa de que tu paquete está dañado. Lo estamos comprobando.",
    "exception_lost": "{Carrier} avisa de que tu paquete se ha perdido. Lo estamos comprobando.",
    "exception_refused": "{Carrier} avisa de que el paquete fue rechazado en la dirección de entrega.",
    "exception_held_at_location": "{Carrier} guarda tu paquete en uno de sus locales.",
    "exception_return_to_sender": "{Carrier} avisa de que el paquete se nos va a devolver.",
    "exception_payment_due": "{Carrier} retiene tu paquete hasta que se haga un pago.",
    "exception_other": "{Carrier} avisa de un problema con tu paquete. Lo estamos comprobando.",
    "returning": "Tu paquete vuelve a nuestro almacén.",
    "returning_refused": "Tu paquete fue rechazado en la dirección de entrega y vuelve a nuestro almacén.",
    "returning_address_issue": "Tu paquete vuelve a nuestro almacén por un problema con la dirección de entrega.",
    "returning_failed_attempt": "Tu paquete no se pudo entregar y vuelve a nuestro almacén.",
    "returning_held_at_location": "Nadie recogió tu paquete y vuelve a nuestro almacén.",
    "returning_damaged": "Tu paquete sufrió daños y vuelve a nuestro almacén.",
    "returning_customs_hold": "Tu paquete no pasó la aduana y vuelve a nuestro almacén.",
    "returning_payment_due": "Tu paquete vuelve a nuestro almacén porque no se hizo un pago.",
    "returned": "Tu paquete volvió a nuestro almacén el {date}.",
    "cancelled": "Este envío se canceló.",
    "moved_after_delivered": (
        "Tu paquete constaba como entregado el {date}, pero {carrier} ha vuelto a informar sobre él. "
        "Estamos averiguando dónde está."
    ),
    "moved_after_returned": (
        "Tu paquete constaba como devuelto el {date}, pero {carrier} ha vuelto a informar sobre él. "
        "Estamos averiguando dónde está."
    ),
    "moved_after_cancelled": (
        "Este envío se canceló, pero {carrier} ha vuelto a informar sobre el paquete. Estamos averiguando dónde está."
    ),
    "sources_disagree": (
        "Hemos recibido dos informaciones distintas sobre tu paquete. Estamos averiguando cuál es la correcta."
    ),
}
