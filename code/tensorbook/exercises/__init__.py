"""The hidden cases of the book's exercises, one module a chapter."""
