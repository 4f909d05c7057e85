"""Replay: past cases assessed again under other rules, and what would change, as figures, a workbook and a page.

Read `cases` first: what is read, assessed and kept. `rule_changes` says what differs between the rules, `figures` counts, and
`workbook` and `page` show. Nothing is decided, and nothing is written in any system.
"""
