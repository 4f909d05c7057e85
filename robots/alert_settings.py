"""What is set under `alerts` in config/kollega.yaml: who is told how, how often, and from when on something is worth telling."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from robots.trust import Trust
from robots.yaml_file import Item

_KEYS = (
    "mail",
    "webhook",
    "repeat_hours",
    "messages_per_hour",
    "grace_minutes",
    "overdue_at_least",
    "disk_free_gb",
    "disk_free_share",
    "password_days",
    "passwords_expire",
    "names_cases",
)
_MAIL_ADDRESS = r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+"
_MOST_PORT = 65535


class Security(StrEnum):
    """How the connection to the mail server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


#: the usual ports
_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The mail server, and who writes to whom."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Who is told of what, and how often; nobody, unless mail or webhook is set."""

    mail: MailSettings | None = None
    #: address that takes a JSON record; empty for none
    webhook: str = ""
    #: while a cause stands it is told again after so long
    repeat_hours: float = 12
    #: on each channel at most so many messages; what comes beyond is told together
    messages_per_hour: int = 6
    #: a run that has not begun so long after it was due is missing
    grace_minutes: int = 30
    #: from so many cases past their day on
    overdue_at_least: int = 1
    #: a disk with less room than either is low; 0 for no limit
    disk_free_gb: float = 2
    disk_free_share: float = 0.05
    #: so many days before a password expires
    password_days: int = 14
    #: the day on which the robot's password in a system expires, where somebody has noted it: {system: day}
    passwords_expire: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    #: whether a message may name a case by the number of its application
    names_cases: bool = True
    #: who may have signed the certificates of mail server and webhook: the section `trust`
    trust: Trust = Trust()


def read(item: Item | None, *, systems: Collection[str]) -> AlertSettings:
    """Return what is set; mistakes are reported in the item's file.

    Args:
        item: the section, None when the file has none.
        systems: the names of all systems.
    """
    if item is None:
        return AlertSettings()
    fields = item.fields(optional=_KEYS)
    usual = AlertSettings()

    def number(key: str, *, least: float, most: float) -> float:
        if key not in fields:
            return float(getattr(usual, key))
        value = float(fields[key].amount())
        if not least <= value <= most:
            fields[key].report(f"must be from {least:g} to {most:g}")
        return value

    def count(key: str, *, least: int, most: int) -> int:
        if key not in fields:
            return int(getattr(usual, key))
        value = fields[key].whole_number(at_most=most)
        if value < least:
            fields[key].report(f"must be at least {least}")
        return value

    return AlertSettings(
        mail=_mail(fields["mail"]) if "mail" in fields else None,
        webhook=_webhook(fields["webhook"].fields("address")["address"]) if "webhook" in fields else "",
        repeat_hours=number("repeat_hours", least=0.5, most=168),
        messages_per_hour=count("messages_per_hour", least=1, most=60),
        grace_minutes=count("grace_minutes", least=1, most=1440),
        overdue_at_least=count("overdue_at_least", least=1, most=100_000),
        disk_free_gb=number("disk_free_gb", least=0, most=100_000),
        disk_free_share=number("disk_free_share", least=0, most=0.9),
        password_days=count("password_days", least=1, most=365),
        passwords_expire=_passwords(fields["passwords_expire"], systems) if "passwords_expire" in fields else usual.passwords_expire,
        names_cases=fields["names_cases"].flag() if "names_cases" in fields else True,
    )


def _mail(item: Item) -> MailSettings:
    fields = item.fields("host", "from", "to", optional=("port", "security"))
    security = fields["security"].choice(Security) if "security" in fields else Security.STARTTLS
    port = fields["port"].whole_number(at_most=_MOST_PORT) if "port" in fields else _PORTS[security]
    if not port:
        fields["port"].report("must be a port from 1 to 65535")
    host = fields["host"].text()
    if host and not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9a-fA-F:]+", host):
        fields["host"].report("must be the name of a mail server, as in mail.example.se")
    to = tuple(_mail_address(one) for one in fields["to"].items(may_be_empty=False))
    return MailSettings(host=host, port=port, security=security, sender=_mail_address(fields["from"]), to=to)


def _mail_address(item: Item) -> str:
    text = item.text()
    if text and not (text.isascii() and text.isprintable() and re.fullmatch(_MAIL_ADDRESS, text)):
        item.report("must be a mail address, as in drift@example.se")
    return text


def _webhook(item: Item) -> str:
    rule = "must be an address as in https://host/path, without name, password or question mark"
    text = item.text()
    if not text:
        return ""
    try:
        is_whole = re.fullmatch(r"https?://[^\s@?#]+", text) is not None and bool(urlsplit(text).hostname) and urlsplit(text).port != 0
    except ValueError:  # a port that is no number
        is_whole = False
    if not is_whole:
        item.report(rule)
    return text


def _passwords(item: Item, systems: Collection[str]) -> Mapping[str, date]:
    days: dict[str, date] = {}
    for name, one in item.entries().items():
        if name not in systems:
            one.report(f"no system is called so; known are {', '.join(sorted(systems))}")
        days[name] = one.day()
    return MappingProxyType(days)
