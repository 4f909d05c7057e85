"""`python -m robots.cli` is `kollega`, also where the command itself is not on the path."""

from robots.cli import main

main()
