"""Payment notices: what is to be paid under which code, and what became of it."""
