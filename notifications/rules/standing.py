"""What has been said and what waits to be said about the parcels of a batch. Pure: filled by the caller."""

from collections.abc import Iterable
from datetime import datetime

from notifications.rules.contract import Said
from notifications.rules.matching import fits


class Standing:
    """The live messages of a batch, by topic; new ones are added as they are decided."""

    def __init__(self, said: Iterable[Said] = ()) -> None:
        self._by_key: dict[tuple[tuple[str, int], str, str, str], Said] = {}
        self._by_subject: dict[tuple[str, int], list[Said]] = {}
        self._by_parcel: dict[int, list[Said]] = {}
        for each in said:
            self._file(each)

    def has(self, said: Said) -> bool:
        """Return whether this has been said, or waits to be said."""
        return said.key in self._by_key

    def digest(self, order_id: int, base: str, recipient: str, channel: str) -> list[Said]:
        """Return the order's messages that gather parcels on this topic, oldest first."""
        found = self._by_subject.get(("order", order_id), [])
        mine = [each for each in found if (each.recipient, each.channel) == (recipient, channel)]
        return [each for each in mine if each.topic.rpartition(":")[0] == base]

    def count_since(self, shipment_id: int, recipient: str, since: datetime) -> int:
        """Return how many messages about a parcel this recipient got, or is to get, since a moment (aware UTC)."""
        rows = self._by_parcel.get(shipment_id, [])
        return sum(each.recipient == recipient and each.created_at > since for each in rows)

    def add(self, said: Said) -> list[Said]:
        """Take in a new message; return the waiting ones to the same person on the same subject that it replaces."""
        replaced = [
            each
            for each in self._by_subject.get(said.subject, [])
            if each.is_waiting and (each.recipient, each.channel) == (said.recipient, said.channel)
        ]
        for each in replaced:
            self._drop(each)
        self._file(said)
        return replaced

    def keep(self, said: Said) -> list[Said]:
        """Take in a message that replaces nothing: colleagues hear of each thing on its own."""
        self._file(said)
        return []

    def outlived(self, shipment_id: int, sentence: str) -> list[Said]:
        """Take out and return the waiting messages about this one parcel that its present sentence makes untrue."""
        rows = [
            each
            for each in self._by_parcel.get(shipment_id, [])
            if each.is_waiting and each.covers == {shipment_id} and each.true_while
        ]
        gone = [each for each in rows if not fits(sentence, each.true_while)]
        for each in gone:
            self._drop(each)
        return gone

    def cover(self, said: Said, shipment_id: int) -> None:
        """Let a waiting message speak of one more parcel."""
        said.covers.add(shipment_id)
        self._by_parcel.setdefault(shipment_id, []).append(said)

    def _file(self, said: Said) -> None:
        self._by_key[said.key] = said
        self._by_subject.setdefault(said.subject, []).append(said)
        for shipment_id in said.covers:
            self._by_parcel.setdefault(shipment_id, []).append(said)

    def _drop(self, said: Said) -> None:
        said.is_superseded = True
        self._by_key.pop(said.key, None)
        self._by_subject[said.subject].remove(said)
        for shipment_id in said.covers:
            self._by_parcel[shipment_id].remove(said)
