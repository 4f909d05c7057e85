"""Verksamhet – Ekonomiskt bistånd: the case system's desktop program, a window of its own as such legacy programs are."""
