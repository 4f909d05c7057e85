"""The page of a run, made from its log while it runs: one file that says in one glance whether all is well, and who acts on what if not.

It needs nothing but a browser, not even a network, and holds what the log holds.
"""

from __future__ import annotations

from robots.run_page.keeping import PAGE_NAME, is_under_way, kept, make, newest_run

__all__ = ["PAGE_NAME", "is_under_way", "kept", "make", "newest_run"]
