"""One module per outside system, in its users' words; text from screens becomes typed facts here and only here."""
