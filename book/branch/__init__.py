"""The branch `notebooks`, from which readers run the chapters.

`tree` writes what it holds, `environment` what Binder installs, `push` publishes it, `trial` lives it through.
"""
