"""Error objects of the USPS API: `{error: {code, message, errors: [{status, code, title, detail}]}}`."""

from tracking.connectors.parsing import Node

LONGEST_QUOTE = 200
# Besides status 404; USPS words the same fact in several ways.
_NOT_FOUND_WORDS = ("not found", "could not be located", "not yet available", "may be incorrect", "no record")


def problem_of(entry: Node) -> str:
    """Return a sentence for the error of one entry; "" when it has none or only says that the number is not known."""
    if not entry.has("error") or says_not_found(entry):
        return ""
    return f"USPS answered with an error: {_words(entry)[:LONGEST_QUOTE] or 'no explanation'}"


def says_not_found(entry: Node) -> bool:
    """Tell whether the error of an entry means that USPS does not know the number."""
    error = entry.node("error")
    details = list(error.nodes("errors"))
    codes = {error.text("code"), *(detail.text("status") for detail in details)}
    words = _words(entry).lower()
    return "404" in codes or any(phrase in words for phrase in _NOT_FOUND_WORDS)


def _words(entry: Node) -> str:
    """Return what the error says, most general first."""
    error = entry.node("error")
    said = [error.text("message")]
    for detail in error.nodes("errors"):
        said += [detail.text("title"), detail.text("detail")]
    return " ".join(dict.fromkeys(text for text in said if text))
