"""The ways by which people are told: whether mail server and webhook can be reached. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from robots.alerts.channels import NotDelivered, channels_of, secrets_of
from robots.doctor.findings import Finding, fault, look, well
from robots.settings import Settings


def see_channels(settings: Settings) -> Iterator[Finding]:
    """Reach each channel as far as one can without a message; only `kollega alerts test` shows that one arrives."""
    channels = channels_of(settings.alerts, secrets_of(settings.secrets))
    if not channels:
        yield look("alerts", "nobody is told when something is wrong", "set alerts.mail or alerts.webhook in config/kollega.yaml")
    for channel in channels:
        try:
            channel.reach()
        except NotDelivered as error:
            yield fault(channel.name, str(error))
        else:
            yield well(channel.name, "it can be reached; kollega alerts test shows whether a message arrives")
