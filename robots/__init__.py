"""Kollega: robots that handle applications on the screens of the systems that are already there."""
