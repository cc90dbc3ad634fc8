"""The mutation tester's parts: what feeds which check, what can go wrong, and running it."""
