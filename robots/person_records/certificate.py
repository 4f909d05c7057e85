"""The certificate of an erasure as a page for the office's files."""

from __future__ import annotations

from pathlib import Path

from robots import pages
from robots.erasure import CERTIFICATES, Certificate
from robots.errors import SetupError
from robots.settings import Settings
from robots.texts import Texts


def write_page(settings: Settings, certificate: Certificate, texts: Texts) -> Path:
    """Write the page beside the certificate's JSON, and return its path.

    Raises:
        SetupError: it can't be written; the certificate itself stands.
    """
    path = settings.paths.state / CERTIFICATES / f"{certificate.number}.html"
    try:
        pages.write(path, pages.render("certificate.html", texts, certificate=certificate))
    except OSError as error:
        raise SetupError(f"the page of the certificate can't be written ({error.strerror}); its JSON lies in {path.parent}") from None
    return path
