"""Verksamhetssystemet as a web client: the same cases, words and refusals as the desktop program, on pages that the server makes.

One page for a tab, one for a dialog; a normberäkning has a page of its own with its six parts in a frame, and is kept by
the server until it is saved. What the system refuses comes back as a message over the form, with what was typed.
"""
