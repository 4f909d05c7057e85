"""Give the robot its accounts, and see which it has."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from robots.settings import Settings

accounts = typer.Typer(no_args_is_help=True, help="The robot's own accounts in the systems: give it one, and see which are there.")


@accounts.command("set")
def set_account(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="A system of config/kollega.yaml.")],
    *,
    root: Root = Path(),
) -> None:
    """Ask for the robot's name and password in a system, and keep them in the keyring or the file that `secrets` of config/kollega.yaml names.

    The password is not shown while it is typed. From a pipe two lines are read: the name and the password.
    """
    from robots.accounts import Credentials, keep

    settings = _settings_with(root, system)
    if sys.stdin.isatty():
        user = typer.prompt(f"The robot's name in {system}", err=True)
        password = getpass("Its password: ")
        if password != getpass("Once more: "):
            raise typer.BadParameter("the two passwords differ; nothing was kept", param_hint="the password")
    else:
        user, password = (sys.stdin.readline().rstrip("\n") for _ in range(2))
    if not user.strip() or not password:
        raise typer.BadParameter("name and password are both needed; nothing was kept", param_hint="the account")
    keep(settings.secrets, system, Credentials(user=user.strip(), password=password))
    print_lines([f"Kept for {system}: {_place(settings)}"])


@accounts.command("list")
def list_accounts(*, root: Root = Path(), as_json: AsJson = False) -> None:
    """List which systems the robot has an account in, under which name, and where it is; never a password."""
    from robots import settings as settings_file
    from robots.accounts import which_are_there

    settings = settings_file.load(root)
    found = which_are_there(settings.secrets, settings.systems)
    if as_json:
        records = [{"system": system, "user": user or None, "has_password": has_password} for system, (user, has_password) in found.items()]
        print_json({"schema": 1, "source": settings.secrets.source.value, "accounts": records})
        return
    print_lines([f"The accounts are in {_place(settings)}"])
    for system, (user, has_password) in found.items():
        print_lines([f"{system:<20}  {user or '-':<20}  {'password is there' if has_password else 'no password'}"])


def _settings_with(root: Path, system: str) -> Settings:
    from robots import settings as settings_file

    settings = settings_file.load(root)
    if system not in settings.systems:
        raise typer.BadParameter(f"the systems are {', '.join(settings.systems)}", param_hint="SYSTEM")
    return settings


def _place(settings: Settings) -> str:
    from robots.accounts import SecretsSource

    places = {SecretsSource.ENVIRONMENT: "the environment", SecretsSource.KEYRING: "the keyring of this account"}
    return places.get(settings.secrets.source) or str(settings.secrets.path)
