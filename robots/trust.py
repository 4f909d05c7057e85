"""Whose certificates are believed, by all parts of the robot alike: by those whom this machine trusts, and by those in a file beside.

What the machine trusts is what OpenSSL does there: on Debian /etc/ssl/certs, which update-ca-certificates fills, also with a municipality's own
authority. Chromium and Playwright's own program know only the authorities that the whole world trusts; what they lack is worked out here.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from robots.yaml_file import Item

if TYPE_CHECKING:
    import ssl

SETTING = "trust.authorities"
#: the authorities that the whole world trusts, as Debian's package ca-certificates brings them
_OF_THE_WORLD = Path("/usr/share/ca-certificates/mozilla")
_BUNDLE = "ca-certificates.crt"
_BEGINNING, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_OWN_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_MOST_BYTES = 5_000_000

#: X509_V_ERR_… of OpenSSL (https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/)
_NOT_IN_ITS_TIME = frozenset({9, 10})
_OF_ANOTHER_NAME = frozenset({62, 64})
#: 7: by one who is called like an authority that is known, such as its former or its next self
_BY_NOBODY_KNOWN = frozenset({2, 7, 18, 19, 20, 21, 27})


class Mistrust(StrEnum):
    """Why a certificate is not believed."""

    SIGNER = "nobody whom this machine trusts has signed it"
    TIME = "it has expired, or is not valid yet"
    NAME = "it is for another name than the one that was asked for"
    OTHER = "it is not as it must be"

    @property
    def advice(self) -> str:
        """Who does what about it."""
        return _ADVICE[self]

    def said_of(self, whose: str) -> str:
        """Return what is and what to do, as in `the certificate of the system is not believed: …; …`."""
        return f"the certificate of {whose} is not believed: {self}; {self.advice}"


_ADVICE = {
    Mistrust.SIGNER: (
        "an administrator puts the certificate of the authority that has into /usr/local/share/ca-certificates and runs update-ca-certificates, "
        f"or names its file in {SETTING} of config/kollega.yaml; is it there, who runs the server has it send the certificates between as well"
    ),
    Mistrust.TIME: "who runs the server renews it; or this machine's clock is wrong",
    Mistrust.NAME: "write the name that stands in it into config/kollega.yaml, or have who runs the server get one for this name",
    Mistrust.OTHER: "ask who runs the server for a certificate that browsers accept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Who may have signed the certificate of whatever the robot speaks to; verification itself can't be turned off."""

    #: PEM file of authorities that are trusted beside the machine's; None for none
    authorities: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what Python's own connections verify with; reading it takes a tenth of a second.

        A file that is gone or broken since the settings were read is left out: what it would vouch for is then not believed, and an alert of the
        settings, which says so, still goes out.
        """
        import ssl

        context = ssl.create_default_context()
        if self.authorities is not None:
            with suppress(OSError):
                context.load_verify_locations(cafile=self.authorities)
        return context

    def beside_the_world(self) -> tuple[str, ...]:
        """Return each authority that is trusted and that the whole world does not trust anyhow, in PEM; mostly none.

        What can't be read is left out: what it would vouch for is then not believed.
        """
        import ssl

        certificates = dict.fromkeys(_of_machine())
        if certificates:
            for of_world in _OF_THE_WORLD.glob("*.crt"):
                for one in _certificates(_text_of(of_world)):
                    certificates.pop(one, None)
        if self.authorities is not None:
            certificates |= dict.fromkeys(_certificates(_text_of(self.authorities)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return tuple(_in_pem(one) for one in certificates if _is_taken(one, context))


def read_trust(item: Item | None, *, root: Path) -> Trust:
    """Return what the section says; a file that can't be used is reported.

    Args:
        item: the section, None when the file has none.
        root: folder that relative paths begin at.
    """
    if item is None:
        return Trust()
    authorities = item.fields("authorities")["authorities"]
    if not (name := authorities.text()):
        return Trust()
    path = root / name
    if mistake := _mistake_of(path):
        authorities.report(mistake)
    return Trust(authorities=path)


def expired(authorities: Iterable[str]) -> dict[str, str]:
    """Return {name of the authority: the day on which its certificate ended} for those whose time is over."""
    import ssl
    import time

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata="".join(authorities))
    found = {}
    for one in context.get_ca_certs():
        ended_at = ssl.cert_time_to_seconds(str(one["notAfter"]))
        if ended_at < time.time():
            name = ", ".join(str(value) for part in cast("tuple[tuple[tuple[str, str], ...], ...]", one["subject"]) for _, value in part[:1])
            found[name] = f"{datetime.fromtimestamp(ended_at, UTC):%Y-%m-%d}"
    return found


def mistrust_of(error: BaseException | None) -> Mistrust | None:
    """Return why a certificate was not believed, when that is what an error of Python's own connections comes from."""
    import ssl

    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ssl.SSLCertVerificationError):
            codes = {Mistrust.TIME: _NOT_IN_ITS_TIME, Mistrust.NAME: _OF_ANOTHER_NAME, Mistrust.SIGNER: _BY_NOBODY_KNOWN}
            return next((one for one, known in codes.items() if error.verify_code in known), Mistrust.OTHER)
        error = error.__cause__ or error.__context__
    return None


def _mistake_of(path: Path) -> str:
    """Return what is wrong with a file of authorities and what to do, empty when nothing is."""
    import ssl

    try:
        content = path.read_bytes()[:_MOST_BYTES]
    except OSError as error:
        return f"{path} can't be read ({error.strerror}); put the authority's certificate there, with rights for the robot's account"
    text = content.decode("latin-1")
    if _OWN_KEY.search(text):
        return f"{path} holds a private key, which is nobody's to have here; put the authority's certificate alone there"
    found = list(_certificates(text))
    if not found:
        return f"{path} holds no certificate in PEM; openssl x509 -inform der -in IT -out NEW.pem makes one of a file in DER"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not all(_is_taken(one, context) for one in found):
        return f"{path} has a certificate that is broken; get the file anew from who runs the authority"
    counts = context.cert_store_stats()
    if counts["x509_ca"] < counts["x509"]:
        return f"{path} has a certificate that is no authority's, but a server's; put that of the authority there that has signed it"
    return ""


def _is_taken(letters: str, context: ssl.SSLContext) -> bool:
    """Whether it is a certificate, which the context trusts from now on."""
    try:
        context.load_verify_locations(cadata=b64decode(letters, validate=True))
    except (ValueError, OSError):
        return False
    return True


def _of_machine() -> Iterator[str]:
    import ssl

    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else []
    if paths.capath:
        folder = Path(paths.capath)
        # The same certificates in one file, where somebody keeps one; OpenSSL itself looks for hashes, as in 5ed36f99.0.
        bundle = folder / _BUNDLE
        files += [bundle] if bundle.is_file() else sorted(folder.glob("[0-9a-f]*.[0-9]"))
    for file in {path.resolve(): None for path in files}:
        yield from _certificates(_text_of(file))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="latin-1")
    except OSError:
        return ""


def _certificates(text: str) -> Iterator[str]:
    """Yield each certificate of a text in PEM, as its letters alone."""
    return ("".join(part.partition(_END)[0].split()) for part in text.split(_BEGINNING)[1:])


def _in_pem(letters: str) -> str:
    lines = [letters[start : start + 64] for start in range(0, len(letters), 64)]
    return "\n".join([_BEGINNING, *lines, _END, ""])
