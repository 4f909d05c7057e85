"""Screens: whether they still are as their selector files say, and what helps to write and repair those files."""

from __future__ import annotations

import typer

screens = typer.Typer(no_args_is_help=True, help="The screens of the systems, and the selector files that say what is on them.")
