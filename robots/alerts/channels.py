"""The ways a message goes out: mail and webhook. None takes longer than it is given, and none raises: it says why it failed."""

from __future__ import annotations

import os
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol

from robots.accounts import SecretsSettings, account_variables, look_up, which_are_there
from robots.alert_settings import AlertSettings, MailSettings, Security
from robots.alerts.message import Message
from robots.errors import SetupError
from robots.run_log import redact
from robots.trust import Mistrust, Trust, mistrust_of

#: a run that is over waits at most so long for all channels together
DELIVERY_SECONDS = 20.0
#: who has nobody waiting: a server that looks a message through before it takes it is left too early otherwise, and gets it again and again
PATIENT_SECONDS = 150.0
_ANSWER_SECONDS = 10.0
#: for the message itself
_TAKING_SECONDS = 120.0
#: the library would put a long subject on a line below its name, which some programs show with a gap
_ON_ONE_LINE = policy.SMTP.clone(max_line_length=300)
TOKEN_VARIABLE = "KOLLEGA_WEBHOOK_TOKEN"  # noqa: S105 - the name of a variable


class NotDelivered(Exception):
    """A message did not go out; the text says why and what to do."""


class PartlyDelivered(NotDelivered):
    """Somebody has got the message, and somebody else has not; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one message on one channel."""

    #: somebody has got it, so that it is not sent again
    has_arrived: bool
    #: why somebody has not got it, and what to do; empty when all have
    why: str = ""


class Channel(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """What the ledger knows it by."""

    def send(self, message: Message) -> None:
        """Send the message; NotDelivered when it does not go out."""

    def reach(self) -> None:
        """See without a message that the server is there; NotDelivered when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the channels prove themselves by; empty where there is none."""

    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    webhook_token: str = field(default="", repr=False)
    #: why they could not be read; nothing is sent then
    fault: str = ""


def secrets_of(settings: SecretsSettings) -> Secrets:
    """Return the channels' secrets from where all accounts are, and keep them out of the log; a mail server that wants no account needs none.

    The token of the webhook is in `KOLLEGA_WEBHOOK_TOKEN`, or the password of the account `webhook`.
    """
    names = ("mail", "webhook")
    try:
        accounts = look_up(settings, [name for name, (user, has_password) in which_are_there(settings, names).items() if user and has_password])
    except SetupError as error:
        return Secrets(fault=str(error))
    mail, webhook = accounts.get("mail"), accounts.get("webhook")
    token = os.environ.get(TOKEN_VARIABLE, "") or ("" if webhook is None else webhook.password)
    found = Secrets(mail_user="" if mail is None else mail.user, mail_password="" if mail is None else mail.password, webhook_token=token)
    redact(*(one for one in (found.mail_password, found.webhook_token) if one))
    return found


def channels_of(settings: AlertSettings, secrets: Secrets) -> tuple[Channel, ...]:
    """Return the channels that are set."""
    mail = () if settings.mail is None else (Mail(settings=settings.mail, secrets=secrets, trust=settings.trust),)
    webhook = () if not settings.webhook else (Webhook(address=settings.webhook, secrets=secrets, trust=settings.trust),)
    return (*mail, *webhook)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server."""

    settings: MailSettings
    secrets: Secrets
    trust: Trust = Trust()
    name: str = "mail"

    def send(self, message: Message) -> None:
        """Send the message to all who are to have it; PartlyDelivered when one of them does not get it."""
        _see_secrets(self.secrets)
        mail = EmailMessage(policy=_ON_ONE_LINE)
        mail["From"] = f"Kollega <{self.settings.sender}>"
        mail["To"] = ", ".join(self.settings.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = make_msgid(domain=self.settings.sender.rpartition("@")[2])
        # So that nobody's notice of absence is sent back.
        mail["Auto-Submitted"] = "auto-generated"
        if message.is_urgent:
            mail["Importance"] = "high"
        # Readable where somebody looks at the mail as it was sent, and taken by every server.
        mail.set_content(message.text, cte="quoted-printable")
        with self._telling(), self._connected() as server:
            if server.sock is not None:
                server.sock.settimeout(_TAKING_SECONDS)
            refused = server.send_message(mail)
        if refused:
            raise PartlyDelivered(f"{self._place} refuses {len(refused)} of {len(self.settings.to)} under alerts.mail.to; look over the addresses")

    def reach(self) -> None:
        """Log in and send nothing; NotDelivered when the server can't be reached or refuses the account."""
        _see_secrets(self.secrets)
        with self._telling(), self._connected() as server:
            server.noop()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPAuthenticationError:
            raise NotDelivered(f"{self._place} refuses the account; set {' and '.join(account_variables('mail'))} right") from None
        except smtplib.SMTPRecipientsRefused:
            raise NotDelivered(f"{self._place} refuses everybody under alerts.mail.to; look over the addresses") from None
        except smtplib.SMTPResponseException as error:
            # What the server says may repeat an address; its number is enough to act on.
            raise NotDelivered(f"{self._place} refuses the message with {error.smtp_code}; ask who runs it") from None
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered((mistrust_of(error) or Mistrust.OTHER).said_of(self._place)) from None
        except ssl.SSLError as error:
            # By its reason, such as WRONG_VERSION_NUMBER of a server that speaks first and in the open.
            advice = "look over alerts.mail.security and port: tls is for 465, starttls for 587"
            raise NotDelivered(f"{self._place} does not begin with TLS, or not as this machine does ({error.reason}); {advice}") from None
        except smtplib.SMTPNotSupportedError:
            raise NotDelivered(f"{self._place} has no {self.settings.security}, or no log-in; look over alerts.mail.security") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise NotDelivered(f"{self._place} can't be reached ({why}); look over alerts.mail and the firewall") from None

    @property
    def _place(self) -> str:
        return f"the mail server {self.settings.host}:{self.settings.port}"

    def _connected(self) -> smtplib.SMTP:
        host, port, security = self.settings.host, self.settings.port, self.settings.security
        if self.secrets.mail_user and security is Security.NONE:
            raise NotDelivered("a password is not sent where anybody can read it; set alerts.mail.security to starttls or tls")
        trusted = _trusting(self.trust, is_closed=security is not Security.NONE)
        if security is Security.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_ANSWER_SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(host, port, timeout=_ANSWER_SECONDS)
        try:
            if security is Security.STARTTLS:
                server.starttls(context=trusted)
            if self.secrets.mail_user:
                server.login(self.secrets.mail_user, self.secrets.mail_password)
        except BaseException:
            server.close()
            raise
        return server


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes a JSON record."""

    address: str
    secrets: Secrets
    trust: Trust = Trust()
    name: str = "webhook"

    def send(self, message: Message) -> None:
        """Post the record; NotDelivered unless the answer says that it is taken."""
        _see_secrets(self.secrets)
        # Imported only where something is sent: it takes time.
        import httpx

        headers = {"Authorization": f"Bearer {self.secrets.webhook_token}"} if self.secrets.webhook_token else {}
        try:
            patience = httpx.Timeout(_ANSWER_SECONDS, read=_TAKING_SECONDS)
            answer = httpx.post(self.address, json=message.record, headers=headers, timeout=patience, follow_redirects=False, verify=self._trusted)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise NotDelivered(_why_not_reached(error)) from None
        if not answer.is_success:
            raise NotDelivered(f"the webhook answers {answer.status_code}; look over alerts.webhook and {TOKEN_VARIABLE}")

    @property
    def _trusted(self) -> ssl.SSLContext:
        return _trusting(self.trust, is_closed=self.address.startswith("https:"))

    def reach(self) -> None:
        """Ask for the address without a record; NotDelivered when nobody answers. What the answer is says nothing of what a record would get."""
        import httpx

        try:
            httpx.head(self.address, timeout=_ANSWER_SECONDS, follow_redirects=False, verify=self._trusted)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise NotDelivered(_why_not_reached(error)) from None


def _trusting(trust: Trust, *, is_closed: bool) -> ssl.SSLContext:
    """Return what says whom to trust.

    Reading them takes time; without a closed line nobody is asked, and nobody would be trusted.
    """
    return trust.context() if is_closed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _why_not_reached(error: Exception) -> str:
    if (mistrust := mistrust_of(error)) is not None:
        return mistrust.said_of("the webhook")
    return f"the webhook can't be reached ({type(error).__name__}); look over alerts.webhook and the firewall"


def _see_secrets(secrets: Secrets) -> None:
    if secrets.fault:
        raise NotDelivered(secrets.fault)


def deliver(sendings: Sequence[tuple[Channel, Message]], *, seconds: float = DELIVERY_SECONDS) -> dict[str, Delivery]:
    """Send each message on its channel, all at the same time, and return {channel: what came of it}.

    A server that keeps the line open and says nothing is left after `seconds`; what it does with the message then nobody knows, and it is sent again:
    by who can wait `PATIENT_SECONDS` for it.
    """
    told: dict[str, Delivery] = {}

    def sending(channel: Channel, message: Message) -> Callable[[], None]:
        def send() -> None:
            try:
                channel.send(message)
            except NotDelivered as error:
                told[channel.name] = Delivery(has_arrived=isinstance(error, PartlyDelivered), why=str(error))
            except Exception as error:  # noqa: BLE001 - whatever a library comes up with, the run it tells of is not to end by it
                told[channel.name] = Delivery(has_arrived=False, why=f"a fault of the robot's own: {type(error).__name__}; tell the developer")
            else:
                told[channel.name] = Delivery(has_arrived=True)

        return send

    threads = [threading.Thread(target=sending(channel, message), daemon=True) for channel, message in sendings]
    until = datetime.now(UTC).timestamp() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - datetime.now(UTC).timestamp()))
    late = Delivery(has_arrived=False, why=f"no end of it in {seconds:g} seconds; look over the server and the firewall")
    return {channel.name: told.get(channel.name, late) for channel, _ in sendings}
