"""The search for persons in everything that the product has written outside the casebook; `make privacy` runs it on a thousand identities."""
