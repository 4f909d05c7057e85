"""The situation in a terminal."""
