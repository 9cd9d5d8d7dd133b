"""How topics are named towards the parcels. Pure."""

from notifications.vocabulary import SubjectKind


def parcel_topic(subject_kind: str, topic: str) -> str:
    """Return the topic as each parcel knows it: a digest's running number is the order's own affair."""
    return topic.rpartition(":")[0] if subject_kind == SubjectKind.ORDER and ":" in topic else topic
