"""What the law and the municipality say: pure functions; every rule cites its section."""
