"""How the book is checked, executed and rendered; run as `python -m book`."""
