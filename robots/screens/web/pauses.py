"""How long to pause before a page is asked again: a moment at first, longer each time, never long."""

SHORTEST_SECONDS = 0.01
_LONGEST_SECONDS = 0.1


def longer(pause_seconds: float) -> float:
    """Return the pause in seconds after one of so many."""
    return min(pause_seconds * 2, _LONGEST_SECONDS)
