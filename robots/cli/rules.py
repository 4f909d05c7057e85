"""What the rules are, and what would change under others: the rule book, and past cases under other rules."""

from __future__ import annotations

import typer

rules = typer.Typer(no_args_is_help=True, help="The rules as a whole: hand them out, or try others on past cases.")
