"""House rules, one small module each; `python -m scripts.checks` judges the whole repository.

A rule is a function `violations(files)` that gets the repository's files and returns sentences of the
form `path:line: what is wrong`.
"""
