"""What Chromium, and Playwright's own program beside it, are given so that they believe the same certificates as all else of the robot.

Chromium reads a database of NSS below the home folder of who starts it, the other program the file that a variable names. Both get those authorities
alone that they don't know by themselves; on a machine that has none, nothing is made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from robots.accounts import environment_of_programs
from robots.errors import ProgramMissing, StateUnusable
from robots.trust import Trust

PROGRAM, PACKAGE = "certutil", "libnss3-tools"
#: a run that was killed leaves it among the temporary files, beside what the browser leaves; the service has a folder of its own for them
_PREFIX = "kollega-trust-"
_DATABASE = Path(".pki", "nssdb")
_NODE_VARIABLE = "NODE_EXTRA_CA_CERTS"
#: trusted as an authority, and as what a server that has signed its own shows: OpenSSL doesn't part the two
_TRUSTED = "CP,,"
_SECONDS = 30.0


class Certificates:
    """The authorities that are trusted beside those of the whole world, in a private folder that is there until `close`."""

    def __init__(self, trust: Trust) -> None:
        """Read them, which takes some milliseconds.

        Raises:
            StateUnusable: there is no room for the folder.
        """
        self._authorities = trust.beside_the_world()
        self._folder: Path | None = None
        if not self._authorities:
            return
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            (self._folder / "authorities.pem").write_text(f"{''.join(self._authorities)}{_given_already()}", encoding="ascii")
        except OSError as error:
            self.close()
            where = tempfile.gettempdir()
            raise StateUnusable(
                f"nothing can be written in {where} ({error.strerror}), which the browser needs; look over its room and rights"
            ) from None

    def make_database(self) -> None:
        """Make the database for Chromium, with what the account's own has; it takes as long as starting a program.

        Raises:
            ProgramMissing: the program that makes it is not there, or does not.
        """
        if self._folder is None:
            return
        program = shutil.which(PROGRAM)
        if program is None:
            what = f"{PROGRAM} is not there, by which Chromium is told of the authorities that this machine trusts; install it: apt install {PACKAGE}"
            raise ProgramMissing(what)
        own = _own_database()
        try:
            _make_database(self._folder, self._authorities, own, program)
        except (subprocess.SubprocessError, OSError):
            what = f"{PROGRAM} can't tell Chromium of the authorities that this machine trusts; see {own or 'the room for temporary files'}"
            raise ProgramMissing(f"{what}, and whether it has a password" if own else what) from None

    @contextmanager
    def told_to_programs(self) -> Iterator[None]:
        """Have the programs that are started inside with this process's environment, as Playwright starts its own, believe them."""
        if self._folder is None:
            yield
            return
        before = os.environ.get(_NODE_VARIABLE)
        os.environ[_NODE_VARIABLE] = str(self._folder / "authorities.pem")
        try:
            yield
        finally:
            if before is None:
                os.environ.pop(_NODE_VARIABLE, None)
            else:
                os.environ[_NODE_VARIABLE] = before

    def environment_of_chromium(self) -> dict[str, str]:
        """Return the environment for Chromium; its home is the private folder when there is one, and all else stays where it was."""
        environment = environment_of_programs()
        if self._folder is None:
            return environment
        home = Path(environment.get("HOME", "/"))
        places = {"XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache"), **environment}
        return {**places, "HOME": str(self._folder), "XDG_DATA_HOME": str(self._folder / "data")}

    def close(self) -> None:
        """Remove what was made; never raises."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _given_already() -> str:
    """Return what an administrator has Playwright's program believe by its own variable, which can name one file only."""
    with suppress(OSError, UnicodeDecodeError):
        if path := os.environ.get(_NODE_VARIABLE):
            return Path(path).read_text(encoding="ascii")
    return ""


def _make_database(folder: Path, authorities: Sequence[str], own: Path | None, program: str) -> None:
    database = folder / _DATABASE
    if own is None:
        database.mkdir(parents=True)
    else:
        shutil.copytree(own, database)
    orders = []
    for number, one in enumerate(authorities, 1):
        (folder / f"{number}.pem").write_text(one, encoding="ascii")
        orders.append(f"-A -d sql:{_DATABASE} -n kollega-{number} -t {_TRUSTED} -a -i {number}.pem\n")
    (folder / "orders").write_text("".join(orders), encoding="ascii")
    # All at once, since each would take as long as all.
    command = [program, "-B", "-d", f"sql:{_DATABASE}", "-i", "orders"]
    subprocess.run(command, cwd=folder, env=environment_of_programs(), stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_SECONDS)


def _own_database() -> Path | None:
    """Return where the account has a database of its own, whose authorities and keys Chromium has so far."""
    with suppress(RuntimeError):  # the account has no home folder
        home = Path.home()
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
        return next((place for place in (home / _DATABASE, data / "pki" / "nssdb") if (place / "cert9.db").is_file()), None)
    return None
