"""The customer's sentence: chosen from a parcel's state, stored as key and parameters, written in any language."""

from tracking.status.wording.choice import SentenceFacts, sentence_for
from tracking.status.wording.rendering import VERSION, UnknownSentence, keys, languages, render, written_day

__all__ = ["VERSION", "SentenceFacts", "UnknownSentence", "keys", "languages", "render", "sentence_for", "written_day"]
