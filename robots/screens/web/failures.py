"""The one place where Playwright's errors become ours."""

from __future__ import annotations

import re

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import CertificateRefused, ElementAmbiguous, KollegaError, ScreenChanged, SystemTooSlow, SystemUnavailable
from robots.trust import Mistrust

#: net::ERR_CERT_… of Chromium
_OF_CHROMIUM = {
    "ERR_CERT_AUTHORITY_INVALID": Mistrust.SIGNER,
    "ERR_CERT_DATE_INVALID": Mistrust.TIME,
    "ERR_CERT_COMMON_NAME_INVALID": Mistrust.NAME,
}
#: what Playwright's own program says where it sends something by itself
_OF_NODE = {
    r"unable to (verify the first|get (local )?issuer) certificate|self.signed certificate|certificate signature failure": Mistrust.SIGNER,
    r"certificate (has expired|is not yet valid)": Mistrust.TIME,
    r"does not match certificate's altnames": Mistrust.NAME,
}


def translated(error: PlaywrightError, *, system: str, view: str = "", element: str = "") -> KollegaError:
    """Return our error for one of Playwright's; nothing of its text is kept but a network error's code."""
    mistrust = mistrust_by(error.message)
    if mistrust is not None:
        kind: type[KollegaError] = CertificateRefused
        message = mistrust.said_of("the system")
    elif isinstance(error, PlaywrightTimeout):
        kind = SystemTooSlow
        message = "the browser did not get done within the time limit; look whether the system is slow"
    elif network := re.search(r"net::(ERR_[A-Z_]+)", error.message):
        kind, message = SystemUnavailable, f"no answer from the system ({network[1]}); look whether it is up and the address in the settings is right"
    elif re.search(r"closed|crashed|disconnected", error.message, re.IGNORECASE):
        kind, message = SystemUnavailable, "the browser or its window is gone; it is started anew for the next session"
    elif "strict mode violation" in error.message:
        kind, message = ElementAmbiguous, "more than one matches; give the selector file a way that matches one"
    else:
        kind, message = ScreenChanged, "the browser could not do what the selector file says; compare the file with the screen"
    return kind(message, system=system, view=view, element=element)


def mistrust_by(text: str) -> Mistrust | None:
    """Return why a certificate was not believed, when that is what the browser, or Playwright's own program, says; nothing was sent then."""
    # What follows can quote a page.
    said = text.partition("\n")[0]
    if chromium := re.search(r"net::(ERR_CERT_[A-Z_]+)", said):
        return _OF_CHROMIUM.get(chromium[1], Mistrust.OTHER)
    if not said.startswith("Route.fetch: "):
        return None
    return next((mistrust for pattern, mistrust in _OF_NODE.items() if re.search(pattern, said)), None)


def is_on_its_way(error: PlaywrightError) -> bool:
    """Whether the page was going over to another one while it was asked."""
    return re.search(r"context was destroyed|find context|detached|navigat", error.message, re.IGNORECASE) is not None
