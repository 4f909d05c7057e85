"""Names and passwords: where they are read from, who may read them, and that nobody else gets them."""

from __future__ import annotations

import io
import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from robots import redaction
from robots.accounts import (
    Credentials,
    SecretsSettings,
    SecretsSource,
    environment_of_programs,
    keep,
    look_up,
    read_accounts,
    which_are_there,
)
from robots.errors import SetupError
from robots.redaction import redacted
from tests.test_cli import Done, kollega

__all__ = ["kollega"]

ROOT = Path(__file__).parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
SYSTEM = "e_service"
ACCOUNT = Credentials(user="robot1", password="not-to-be-shown '\"$ å")
FROM_ENVIRONMENT = SecretsSettings()
FROM_KEYRING = SecretsSettings(source=SecretsSource.KEYRING)


class KeyringInMemory(KeyringBackend):
    """A keyring without a daemon: a real one wants an unlocked desktop session, which no test machine has. Only the storage is not the real one."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring leaves its constructors without types
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked(f"no entry for {username}")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[KeyringInMemory]:
    before, ring = keyring.get_keyring(), KeyringInMemory()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("KOLLEGA_E_SERVICE_USER", "KOLLEGA_E_SERVICE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    try:
        yield
    finally:
        redaction.forget_all()


@pytest.fixture
def from_file(tmp_path: Path) -> SecretsSettings:
    return SecretsSettings(source=SecretsSource.FILE, path=tmp_path / "own" / "accounts.env")


def in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLLEGA_E_SERVICE_USER", ACCOUNT.user)
    monkeypatch.setenv("KOLLEGA_E_SERVICE_PASSWORD", ACCOUNT.password)


def test_from_the_environment_an_account_is_taken_out_so_that_no_program_inherits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch)

    assert read_accounts(FROM_ENVIRONMENT, [SYSTEM]) == {SYSTEM: ACCOUNT}
    assert [name for name in os.environ if "E_SERVICE" in name] == []
    assert redacted(f"typed {ACCOUNT.password}!") == "typed [secret]!"
    assert ACCOUNT.password not in repr(ACCOUNT)


def test_looking_an_account_up_leaves_it_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch)

    assert look_up(FROM_ENVIRONMENT, [SYSTEM]) == look_up(FROM_ENVIRONMENT, [SYSTEM])


def test_what_is_missing_is_named_for_all_systems_at_once_with_what_to_do(from_file: SecretsSettings, ring: KeyringInMemory) -> None:
    keep(from_file, "case_system", ACCOUNT)
    for secrets, advice in (
        (FROM_ENVIRONMENT, "set the environment variable KOLLEGA_E_SERVICE_USER and KOLLEGA_E_SERVICE_PASSWORD"),
        (FROM_KEYRING, "give it one with kollega accounts set e_service"),
        (from_file, "lacks KOLLEGA_E_SERVICE_USER and KOLLEGA_E_SERVICE_PASSWORD: kollega accounts set e_service"),
    ):
        with pytest.raises(SetupError) as told:
            read_accounts(secrets, [SYSTEM, "person_lookup"])
        assert [line.partition(":")[0] for line in str(told.value).splitlines()] == [SYSTEM, "person_lookup"]
        assert advice in str(told.value)


@pytest.mark.parametrize("source", ["keyring", "file"])
def test_what_was_kept_is_read_again_and_replaced_by_what_is_kept_later(source: str, from_file: SecretsSettings, ring: KeyringInMemory) -> None:
    secrets = from_file if source == "file" else FROM_KEYRING
    keep(secrets, "case_system", Credentials(user="other", password="another"))
    keep(secrets, SYSTEM, Credentials(user="old", password="old"))
    keep(secrets, SYSTEM, ACCOUNT)

    assert read_accounts(secrets, [SYSTEM])[SYSTEM] == ACCOUNT
    assert which_are_there(secrets, ["case_system", SYSTEM, "person_lookup"]) == {
        "case_system": ("other", True),
        SYSTEM: ("robot1", True),
        "person_lookup": ("", False),
    }


def test_the_file_is_for_its_account_alone_whatever_the_mask(from_file: SecretsSettings) -> None:
    assert from_file.path is not None
    before = os.umask(0)
    try:
        keep(from_file, SYSTEM, ACCOUNT)
    finally:
        os.umask(before)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (from_file.path.parent, from_file.path)] == [0o700, 0o600]
    assert list(from_file.path.parent.iterdir()) == [from_file.path]


def test_a_shell_reads_the_file_as_the_robot_does(from_file: SecretsSettings) -> None:
    keep(from_file, SYSTEM, ACCOUNT)

    command = f'. {from_file.path}; printf "%s|%s" "$KOLLEGA_E_SERVICE_USER" "$KOLLEGA_E_SERVICE_PASSWORD"'
    assert subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout == f"{ACCOUNT.user}|{ACCOUNT.password}"


def group_may_read(path: Path) -> None:
    path.chmod(0o640)


def others_may_write_its_folder(path: Path) -> None:
    path.parent.chmod(0o777)


def is_a_link(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


def is_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def has_another_line(path: Path) -> None:
    path.write_text("PASSWORD not-to-be-shown\n")


def has_an_open_quote(path: Path) -> None:
    path.write_text("KOLLEGA_E_SERVICE_PASSWORD='not-to-be-shown\n")


def is_gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (group_may_read, "can be read by others; chmod 600"),
        (others_may_write_its_folder, "chmod go-w"),
        (is_a_link, "must be a plain file"),
        (is_a_pipe, "is no plain file"),
        (has_another_line, ":1: a line is written as in"),
        (has_an_open_quote, ":1: a line is written as in"),
        (is_gone, "is not there; make it with kollega accounts set SYSTEM"),
    ],
)
def test_a_file_that_is_not_the_robots_alone_is_refused_with_what_to_do(spoil: Callable[[Path], None], mend: str, from_file: SecretsSettings) -> None:
    assert from_file.path is not None
    keep(from_file, SYSTEM, ACCOUNT)
    spoil(from_file.path)

    with pytest.raises(SetupError) as told:
        read_accounts(from_file, [SYSTEM])
    assert mend in str(told.value)
    assert "not-to-be-shown" not in str(told.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another account")
def test_a_file_of_another_account_is_refused(from_file: SecretsSettings) -> None:
    assert from_file.path is not None
    keep(from_file, SYSTEM, ACCOUNT)
    os.chown(from_file.path, 12345, -1)

    with pytest.raises(SetupError, match="belongs to another account"):
        read_accounts(from_file, [SYSTEM])


def test_a_keyring_that_is_locked_or_not_there_is_told_without_what_it_says(ring: KeyringInMemory) -> None:
    ring.is_locked = True
    with pytest.raises(SetupError, match="does not answer \\(KeyringLocked\\); unlock it"):
        read_accounts(FROM_KEYRING, [SYSTEM])
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call] # keyring leaves its constructors without types
    with pytest.raises(SetupError, match="there is no keyring here; .* to file"):
        read_accounts(FROM_KEYRING, [SYSTEM])


def test_nothing_is_kept_in_the_environment_and_nothing_that_cannot_be_typed(from_file: SecretsSettings) -> None:
    with pytest.raises(SetupError, match=r"set secrets\.source"):
        keep(FROM_ENVIRONMENT, SYSTEM, ACCOUNT)
    with pytest.raises(SetupError, match="can't be typed"):
        keep(from_file, SYSTEM, Credentials(user="robot1", password="two\nlines"))


def test_programs_get_no_variable_that_is_a_secret_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KOLLEGA_ANYTHING", "PGPASSWORD", "MAIL_PASSWORD", "WEBHOOK_TOKEN"):
        monkeypatch.setenv(name, "not-to-be-shown")

    assert "not-to-be-shown" not in environment_of_programs().values()
    assert environment_of_programs()["PATH"] == os.environ["PATH"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_robot_with_its_accounts_leaves_no_dump_and_shows_no_other_program_its_memory(tmp_path: Path) -> None:
    """In a process of its own: it can't be undone."""
    code = (
        "import os, resource, ctypes; from robots.accounts import SecretsSettings, read_accounts; read_accounts(SecretsSettings(), ['e_service']);"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), 'KOLLEGA_E_SERVICE_PASSWORD' in os.environ)"
    )
    environment = {**os.environ, "KOLLEGA_E_SERVICE_USER": "robot1", "KOLLEGA_E_SERVICE_PASSWORD": "not-to-be-shown"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
    assert printed == "(0, 0) 0 False\n"


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A folder whose settings name a file of accounts."""
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    settings = tmp_path / "config" / "kollega.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("  source: environment\n", "  source: file\n  path: own/accounts\n"), encoding="utf-8"
    )
    return tmp_path


def test_a_password_is_typed_unseen_and_kept_by_a_command(installation: Path) -> None:
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [str(KOLLEGA), "accounts", "set", SYSTEM], cwd=installation, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = ""
    for question, answer in (("name in e_service", "robot1"), ("password:", "not-to-be-shown"), ("more:", "not-to-be-shown")):
        while question not in shown:
            shown += os.read(ours, 1000).decode()
        os.write(ours, f"{answer}\n".encode())
    try:
        while part := os.read(ours, 1000):
            shown += part.decode()
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(ours)

    assert command.wait() == 0, shown
    assert "not-to-be-shown" not in shown
    (file,) = (installation / "own").iterdir()
    assert "KOLLEGA_E_SERVICE_PASSWORD=not-to-be-shown" in file.read_text(encoding="utf-8")


def test_a_command_lists_which_accounts_are_there_and_no_password(
    installation: Path, kollega: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("robot1\nnot-to-be-shown\n"))
    commands = [("set", SYSTEM), ("list",), ("list", "--json")]
    kept, shown, as_record = [kollega("accounts", *arguments, cwd=installation) for arguments in commands]

    assert [one.returncode for one in (kept, shown, as_record)] == [0, 0, 0]
    listed, record = shown.stdout, json.loads(as_record.stdout)
    assert "robot1" in listed
    assert "not-to-be-shown" not in listed
    assert record["source"] == "file"
    assert [one["system"] for one in record["accounts"] if one["has_password"]] == [SYSTEM]


def test_what_is_set_wrong_is_told_with_its_line(installation: Path, kollega: Callable[..., Done]) -> None:
    settings = installation / "config" / "kollega.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("  path: own/accounts\n", "").replace("keep_days: 90", "keep_days: 0"), encoding="utf-8")
    told = kollega("check", cwd=installation)

    assert told.returncode == 3
    assert "secrets.source: needs path beside it" in told.stderr
    assert "log.keep_days: must be at least 1" in told.stderr
