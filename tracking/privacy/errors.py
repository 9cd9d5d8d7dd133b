"""What may go wrong with personal data."""


class RevealRefused(PermissionError):
    """The person may not see personal data; the text is a sentence for them."""
