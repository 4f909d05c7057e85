"""Whom the robot believes: what is read of the machine and of the file that is set, and each way in which that file can be wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from robots.doctor import Verdict, machine
from robots.errors import SettingsInvalid
from robots.screens.web.certificates import Certificates
from robots.settings import load
from robots.trust import Trust
from tests.authority import DAY, Authority, let_machine_trust
from tests.test_settings import GOOD

AUTHORITY = Authority.called("Kommunens rot")


def with_file(folder: Path, content: str | bytes | None) -> Path:
    """Write settings whose last line names a file of authorities, with this in it; None for no file."""
    (folder / "config").mkdir()
    (folder / "config" / "kollega.yaml").write_text(f"{GOOD}trust: {{authorities: kommunen.pem}}\n", encoding="utf-8")
    if content is not None:
        (folder / "kommunen.pem").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_a_file_of_authorities_is_trusted_beside_the_machines_by_all_that_asks_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_machine_trust(monkeypatch, tmp_path, Authority.called("Maskinens"))
    settings = load(with_file(tmp_path, f"of 2026\r\n{AUTHORITY.pem}".replace("\n", "\r\n")))

    assert settings.trust.authorities == tmp_path.resolve() / "kommunen.pem"
    assert settings.alerts.trust == settings.trust
    assert len(settings.trust.beside_the_world()) == 2
    assert settings.trust.beside_the_world()[-1] == AUTHORITY.pem
    assert {one["subject"][0][0][1] for one in settings.trust.context().get_ca_certs()} == {"Maskinens", "Kommunens rot"}


@pytest.mark.parametrize(
    ("content_of", "told"),
    [
        (lambda _: None, r"kommunen.pem can't be read \(No such file or directory\); put the authority's certificate there"),
        (lambda _: "", "holds no certificate in PEM; openssl x509 -inform der"),
        (lambda _: AUTHORITY.der, "holds no certificate in PEM; openssl x509 -inform der"),
        (lambda _: AUTHORITY.pem[:200], "has a certificate that is broken; get the file anew"),
        (lambda _: AUTHORITY.pem + AUTHORITY.pem.replace("M", "N"), "has a certificate that is broken; get the file anew"),
        (lambda folder: AUTHORITY.sign(folder).read_bytes(), "holds a private key"),
        (lambda folder: AUTHORITY.sign(folder).read_text().partition("-----END PRIVATE KEY-----")[2], "is no authority's, but a server's"),
    ],
    ids=["missing", "empty", "DER", "cut off", "broken", "a key", "a server's"],
)
def test_a_file_of_authorities_that_is_of_no_use_is_told_with_its_line(
    tmp_path: Path, content_of: Callable[[Path], str | bytes | None], told: str
) -> None:
    root = with_file(tmp_path, content_of(tmp_path))
    number = GOOD.count("\n") + 1

    with pytest.raises(SettingsInvalid, match=rf"kollega.yaml:{number}: trust.authorities: .*{told}") as caught:
        load(root)

    assert len(str(caught.value).splitlines()) == 1


def test_nothing_is_made_where_the_machine_trusts_the_worlds_authorities_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_machine_trust(monkeypatch, tmp_path, AUTHORITY)
    world = tmp_path / "world"
    world.mkdir()
    (world / "one.crt").write_text(AUTHORITY.pem, encoding="utf-8")
    monkeypatch.setattr("robots.trust._OF_THE_WORLD", world)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = dict(os.environ)

    certificates = Certificates(Trust())
    certificates.make_database()
    with certificates.told_to_programs():
        assert dict(os.environ) == before
    assert certificates.environment_of_chromium()["HOME"] == os.environ["HOME"]
    assert {one.name for one in tmp_path.iterdir()} == {"certs", "world"}


def test_what_an_administrator_has_playwrights_program_believe_stays_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_machine_trust(monkeypatch, tmp_path, AUTHORITY)
    other = Authority.called("En annan")
    (tmp_path / "other.pem").write_text(other.pem, encoding="ascii")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(tmp_path / "other.pem"))

    certificates = Certificates(Trust())
    try:
        with certificates.told_to_programs():
            told = Path(os.environ["NODE_EXTRA_CA_CERTS"]).read_text(encoding="ascii")
    finally:
        certificates.close()

    assert told == AUTHORITY.pem + other.pem
    assert os.environ["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "other.pem")


def test_an_authority_whose_time_is_over_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_machine_trust(monkeypatch, tmp_path, AUTHORITY, Authority.called("Förra kommunens rot", ends=-3 * DAY))

    told = list(machine.see_certificates(Trust()))

    assert [one.verdict for one in told] == [Verdict.LOOK, Verdict.OK]
    assert "the authority Förra kommunens rot ended 20" in told[0].what
    assert told[1].what.startswith("those of 2 authorities of this machine's")
