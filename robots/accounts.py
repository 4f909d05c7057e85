"""The robot's own accounts: one name and one password for each system, from the environment, a keyring, or a file that is the robot's alone.

A password is in nothing that the product writes but the keyring or that file: not in config/, arguments, logs or the list of processes, and no
program that the robot starts gets it.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from robots.errors import SetupError
from robots.redaction import redact

if TYPE_CHECKING:
    from types import ModuleType

    from robots.yaml_file import Item

T = TypeVar("T")

#: what the entries of a keyring stand under
SERVICE = "kollega"
_PARTS = ("user", "password")
_PREFIX = "KOLLEGA_"
#: further secrets that can stand in the environment of the robot: of its database and its mail server, and whatever else is called so
_SECRET_NAME = re.compile(rf"{_PREFIX}.*|PGPASSWORD|PGPASSFILE|.*_(PASSWORD|SECRET|TOKEN)|CREDENTIALS_DIRECTORY")
_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class SecretsSource(StrEnum):
    """Where names and passwords are."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsSettings:
    """Where the robot's accounts are read from."""

    source: SecretsSource = SecretsSource.ENVIRONMENT
    #: of the file; None for another source
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The robot's own account in one system."""

    user: str
    password: str = field(repr=False)


def read_secrets_settings(item: Item | None, *, root: Path) -> SecretsSettings:
    """Return what the section `secrets` of config/kollega.yaml says; what is set there wrong is reported.

    Args:
        item: the section; None when there is none.
        root: folder that a relative path is of.
    """
    if item is None:
        return SecretsSettings()
    fields = item.fields("source", optional=("path",))
    source = fields["source"].choice(SecretsSource)
    path = root / fields["path"].text() if "path" in fields else None
    if source is SecretsSource.FILE and path is None:
        fields["source"].report("needs path beside it: the file that the accounts are in")
    if source is not SecretsSource.FILE and path is not None:
        fields["path"].report("belongs to source: file only")
    return SecretsSettings(source=source, path=path)


def account_variables(system: str) -> tuple[str, str]:
    """Return what name and password of the robot in the system are called, in the environment and in the file."""
    return f"{_PREFIX}{system.upper()}_USER", f"{_PREFIX}{system.upper()}_PASSWORD"


def read_accounts(secrets: SecretsSettings, systems: Collection[str]) -> dict[str, Credentials]:
    """Return the robot's account in each system, and keep it to this process: out of the log, and of the environment of programs it starts.

    From the environment the accounts can be read once in a process.

    Raises:
        SetupError: each account that is missing, one a line, and what to do.
    """
    accounts = look_up(secrets, systems)
    redact(*(account.password for account in accounts.values()))
    for name in [name for system in systems for name in account_variables(system)]:
        os.environ.pop(name, None)
    _close_to_other_programs()
    return accounts


def look_up(secrets: SecretsSettings, systems: Collection[str]) -> dict[str, Credentials]:
    """Return the robot's account in each system, and leave them where they are.

    Raises:
        SetupError: each account that is missing, one a line, and what to do.
    """
    text_of, advice = _reader(secrets)
    accounts: dict[str, Credentials] = {}
    mistakes: list[str] = []
    for system in systems:
        found = {name: text_of(system, part) for part, name in zip(_PARTS, account_variables(system), strict=True)}
        missing = [name for name, text in found.items() if not text]
        if missing:
            mistakes.append(str(SetupError(f"the robot has no account there; {advice(system, missing)}", system=system)))
            continue
        user, password = found.values()
        accounts[system] = Credentials(user=user, password=password)
    if mistakes:
        raise SetupError("\n".join(mistakes))
    return accounts


def which_are_there(secrets: SecretsSettings, systems: Collection[str]) -> dict[str, tuple[str, bool]]:
    """Return of each system the robot's name there, empty if there is none, and whether there is a password.

    Raises:
        SetupError: the source can't be used.
    """
    text_of, _ = _reader(secrets)
    return {system: (text_of(system, "user"), bool(text_of(system, "password"))) for system in systems}


def keep(secrets: SecretsSettings, system: str, account: Credentials) -> None:
    """Put the robot's account in one system into the keyring or the file; an earlier one is replaced.

    Raises:
        SetupError: the accounts are read from the environment, which nobody can put anything into; or the source can't be used.
    """
    if any(not character.isprintable() for character in account.user + account.password):
        raise SetupError("name or password has a sign that can't be typed into a log-in; give another one", system=system)
    redact(account.password)
    parts = dict(zip(_PARTS, (account.user, account.password), strict=True))
    match secrets.source:
        case SecretsSource.ENVIRONMENT:
            raise SetupError("accounts are read from the environment; set secrets.source in config/kollega.yaml to keyring or file to have them kept")
        case SecretsSource.KEYRING:
            library = _keyring()
            for part, text in parts.items():
                _asked(library.set_password, SERVICE, f"{system}.{part}", text)
        case SecretsSource.FILE:
            path = _path(secrets)
            known = _lines(path) if path.exists() else {}
            names = account_variables(system)
            _write(path, {**known, **dict(zip(names, parts.values(), strict=True))})


def environment_of_programs() -> dict[str, str]:
    """Return the environment for a program that the robot starts: this process's own without anything that is a secret by its name."""
    return {name: value for name, value in os.environ.items() if not _SECRET_NAME.fullmatch(name)}


# --- where they are ---------------------------------------------------------------------------------------------------


def _reader(secrets: SecretsSettings) -> tuple[Callable[[str, str], str], Callable[[str, list[str]], str]]:
    """Return what gives the `user` or `password` of a system, empty if there is none; and what says how to mend that."""
    match secrets.source:
        case SecretsSource.ENVIRONMENT:
            return _from(os.environ), lambda _, missing: f"set the environment variable {' and '.join(missing)}"
        case SecretsSource.KEYRING:
            library = _keyring()

            def from_keyring(system: str, part: str) -> str:
                return _asked(library.get_password, SERVICE, f"{system}.{part}") or ""

            return from_keyring, lambda system, _: f"give it one with kollega accounts set {system}"
        case SecretsSource.FILE:
            path = _path(secrets)
            return _from(_lines(path)), lambda system, missing: f"{path} lacks {' and '.join(missing)}: kollega accounts set {system}"


def _from(texts: Mapping[str, str]) -> Callable[[str, str], str]:
    return lambda system, part: texts.get(account_variables(system)[_PARTS.index(part)], "")


def _path(secrets: SecretsSettings) -> Path:
    if secrets.path is None:
        raise RuntimeError("settings with this source have a path")
    return secrets.path


# --- the file ---------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> dict[str, str]:
    """Return what the file says: a line `NAME='value'` for each, as a shell or systemd would read it.

    Raises:
        SetupError: it is not there, not the robot's alone, or has a line of another form; says what to do.
    """
    quoted = shlex.quote(str(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SetupError(f"the file of the accounts, {path}, is not there; make it with kollega accounts set SYSTEM") from None
    except OSError as error:
        advice = f"it must be a plain file of the account that the robot runs under: chown it to that account, and chmod 600 {quoted}"
        raise SetupError(f"the file of the accounts, {path}, can't be read ({error.strerror}); {advice}") from None
    with open(descriptor, encoding="utf-8", errors="strict") as file:  # noqa: PTH123 - a descriptor, not a path
        here, folder = os.fstat(descriptor), path.resolve().parent.stat()
        if not stat.S_ISREG(here.st_mode):
            raise SetupError(f"the file of the accounts, {path}, is no plain file; name another one in secrets.path")
        if here.st_uid != os.geteuid():
            raise SetupError(f"the file of the accounts, {path}, belongs to another account than the robot runs under; chown it to that one")
        if here.st_mode & _OTHERS:
            raise SetupError(f"the file of the accounts, {path}, can be read by others; chmod 600 {quoted}, and change the passwords in it")
        if folder.st_mode & _OTHERS_WRITE and not folder.st_mode & stat.S_ISVTX:
            advice = f"chmod go-w {shlex.quote(str(path.parent))}"
            raise SetupError(f"others can put another file in the place of {path}; {advice}")
        try:
            text = file.read()
        except UnicodeDecodeError:
            raise SetupError(f"the file of the accounts, {path}, is no text in UTF-8; write it anew") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        words: list[str] = []
        with suppress(ValueError):
            words = shlex.split(match[2]) if match else []
        if match is None or len(words) != 1:
            # Without the line itself, which may hold a password.
            raise SetupError(f"{path}:{number}: a line is written as in KOLLEGA_E_SERVICE_USER='name'; put it right")
        found[match[1]] = words[0]
    return found


def _write(path: Path, texts: Mapping[str, str]) -> None:
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write("".join(f"{name}={shlex.quote(text)}\n" for name, text in sorted(texts.items())))
            file.flush()
            os.fsync(descriptor)
        new.replace(path)
    except OSError as error:
        raise SetupError(f"the file of the accounts, {path}, can't be written ({error.strerror}); see secrets.path in config/kollega.yaml") from None


# --- the keyring ------------------------------------------------------------------------------------------------------


def _keyring() -> ModuleType:
    """Return the library of the keyring, once it is seen that this account has one."""
    import keyring
    from keyring.backends import fail, null

    if isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
        advice = "have one unlocked for the account that the robot runs under, or set secrets.source in config/kollega.yaml to file"
        raise SetupError(f"there is no keyring here; {advice}")
    return keyring


def _asked(ask: Callable[..., T], *words: str) -> T:
    from keyring.errors import KeyringError

    try:
        return ask(*words)
    except (KeyringError, OSError, RuntimeError) as error:
        # Without its words: some backends quote what they were asked for.
        advice = "unlock it for the account that the robot runs under, or set secrets.source in config/kollega.yaml to file"
        raise SetupError(f"the keyring does not answer ({type(error).__name__}); {advice}") from None


def _close_to_other_programs() -> None:
    """Let no other program of this account read the memory of this process, or the environment that it was begun with.

    Programs of other suppliers run beside it under the same account.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    set_dumpable = 4  # PR_SET_DUMPABLE of prctl(2): it also decides who owns what /proc tells of the process
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)
    # What it starts inherits this: a dump of a browser's memory holds the pages of cases.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
