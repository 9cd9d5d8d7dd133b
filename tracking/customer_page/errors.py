"""Why the page does not do what was asked."""


class UnknownPage(LookupError):
    """No order has this token."""


class ReportRefused(Exception):
    """What was reported cannot be taken down. `key` names the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class TooOften(Exception):
    """Asked more often than one address or one order may. `minutes` until it may be asked again."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"again in {minutes} minutes")
        self.minutes = minutes
