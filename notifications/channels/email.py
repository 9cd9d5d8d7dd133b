"""E-mail, by whatever backend the settings name: SMTP, or a provider's HTTP API through django-anymail 15."""

import smtplib
from datetime import timedelta
from email.utils import formataddr

from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from requests import ConnectionError as NoConnection
from requests import ConnectTimeout, RequestException

from notifications.channels.contract import Envelope, PermanentFailure, Receipt, TemporaryFailure

TOO_MANY = 429
_CLEAN = str.maketrans({"\r": " ", "\n": " "})


class EmailChannel:
    """One message to one address, as plain text and HTML."""

    kind = "email"
    label = "E-mail"
    per_second = 50.0

    def is_ready(self) -> str:
        """Return what is missing before mail can leave."""
        return "" if settings.EMAIL_BACKEND else "No e-mail provider is set: EMAIL_PROVIDER."

    def is_idempotent(self) -> bool:
        """Return whether the provider drops a second message with the same key."""
        return bool(getattr(get_connection(), "drops_repeated_keys", False))

    def send(self, envelope: Envelope) -> Receipt:
        """Hand the message to the mail server or provider. Raises TemporaryFailure, PermanentFailure."""
        if missing := self.is_ready():
            raise PermanentFailure(missing)
        try:
            validate_email(envelope.to)
            message = _message(envelope)
            message.send()
        except ValidationError as error:
            raise PermanentFailure("This is no e-mail address.") from error
        except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
            raise PermanentFailure(f"The provider refused the address: {_first_line(error)}") from error
        except AnymailAPIError as error:
            raise _of_provider(error) from error
        except smtplib.SMTPException as error:
            raise _of_server(error) from error
        except AnymailError as error:
            raise PermanentFailure(_first_line(error)) from error
        except OSError as error:
            raise _of_wire(error) from error
        except ValueError as error:  # an address or header that cannot be written
            raise PermanentFailure(_first_line(error)) from error
        return Receipt(_provider_id(message))


def _message(envelope: Envelope) -> EmailMultiAlternatives:
    sender = envelope.from_address or settings.DEFAULT_FROM_EMAIL
    message = EmailMultiAlternatives(
        subject=envelope.subject.translate(_CLEAN),
        body=envelope.text,
        from_email=formataddr((envelope.from_name.translate(_CLEAN), sender)) if envelope.from_name else sender,
        to=[envelope.to],
        headers={**envelope.headers, "X-ShipTrack-Message": envelope.key},
    )
    if envelope.html:
        message.attach_alternative(envelope.html, "text/html")
    return message


def _provider_id(message: EmailMultiAlternatives) -> str:
    told = getattr(message, "anymail_status", None)
    return str(getattr(told, "message_id", "") or "")[:200]


def _of_provider(error: AnymailAPIError) -> TemporaryFailure | PermanentFailure:
    """Judge by the answer's status: none or an unreadable one leaves open whether the message is out."""
    status = getattr(error, "status_code", None)
    if status is None:
        return _of_wire(error)
    if status == TOO_MANY:
        return TemporaryFailure("The provider asks to slow down (429).", wait=_wait(error))
    if status >= 500:
        return TemporaryFailure(f"The provider is out of order ({status}).")
    if status < 300:
        return TemporaryFailure("The provider's answer could not be read.", may_have_arrived=True)
    return PermanentFailure(f"The provider refused the message ({status}).")


def _wait(error: AnymailAPIError) -> timedelta | None:
    told = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    return timedelta(seconds=min(int(told), 3600)) if told.isdigit() else None


def _of_wire(error: BaseException) -> TemporaryFailure:
    """A connection that was never made carried nothing; one that broke later may have."""
    chain: list[BaseException] = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 6:
        chain.append(inner)
    never = any(
        isinstance(each, ConnectTimeout | ConnectionRefusedError) or "NewConnection" in repr(each) for each in chain
    )
    broke = any(isinstance(each, NoConnection | RequestException | OSError) for each in chain)
    return TemporaryFailure("The provider does not answer.", may_have_arrived=broke and not never)


def _of_server(error: smtplib.SMTPException) -> TemporaryFailure | PermanentFailure:
    """SMTP: 4xx may work later, 5xx never; a connection lost in the middle leaves it open (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        if any(400 <= code < 500 for code in codes):
            return TemporaryFailure("The mail server does not take the address now.")
        return PermanentFailure("The mail server refused the address.")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return TemporaryFailure("The connection to the mail server broke.", may_have_arrived=True)
    code = getattr(error, "smtp_code", 0)
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError) or 400 <= code < 500:
        return TemporaryFailure(f"The mail server is not available ({code}).")
    return PermanentFailure(f"The mail server refused the message ({code}).")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
