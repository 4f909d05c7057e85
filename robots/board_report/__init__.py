"""The board's follow-up: what came in, who settled it and how soon, what it spared, and how often people decide as the robot proposed.

Read `material` first: what is read from the casebooks. `decisions` reads what people decided from a list of the case system's, `figures` and
`agreement` reckon, `tables` says it in words, `page` and `workbook` show it, and `report` does all of it. No person and no reference is in any of it.
"""
