"""Secrets at rest, written anew with the newest key, so that an old key can be thrown away."""

from dataclasses import dataclass

from django.apps import apps
from django.db import models

from tracking.models.encryption import EncryptedJSONField, UndecipherableSecret, opened
from tracking.transactions import whole


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows are written with the newest key now, and which ones no key opens ("source 3")."""

    count: int
    unreadable: tuple[str, ...]


def rotate_keys() -> Rotated:
    """Save every secret of every row again; the first of `FIELD_KEYS` encrypts, all decrypt.

    A row that no key opens is left as it is and named. May be run again at any time, and beside everything else.
    """
    count, unreadable = 0, []
    for model, fields in _encrypted():
        for key in model._default_manager.order_by("pk").values_list("pk", flat=True):
            try:
                count += _save_again(model, fields, key)
            except UndecipherableSecret:
                unreadable.append(f"{model._meta.verbose_name} {key}")
    return Rotated(count, tuple(unreadable))


def _encrypted() -> list[tuple[type[models.Model], list[str]]]:
    """Every model with encrypted fields, of all apps, and the names of these fields."""
    found = (
        (model, [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedJSONField)])
        for model in apps.get_models()
    )
    return [(model, fields) for model, fields in found if fields]


@whole
def _save_again(model: type[models.Model], fields: list[str], key: int) -> int:
    """Lock one row and write its secrets anew; return 0 when it has gone meanwhile."""
    row = model._default_manager.select_for_update().only("pk", *fields).filter(pk=key).first()
    if row is None:
        return 0
    for name in fields:
        opened(getattr(row, name))
    row.save(update_fields=fields)
    return 1
