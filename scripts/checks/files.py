"""Files of the repository as the rules see them."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class File:
    """One file that is tracked, or would be.

    Attributes:
        root: The repository's folder.
        name: Path below it.
    """

    root: Path
    name: Path

    @cached_property
    def text(self) -> str:
        """The content; empty when it is not UTF-8 text."""
        try:
            return (self.root / self.name).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return ""

    @cached_property
    def lines(self) -> list[str]:
        """The content by lines."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text, filename=str(self.name))

    @property
    def is_python(self) -> bool:
        """Whether it is Python source."""
        return self.name.suffix == ".py"

    def is_below(self, *folders: str) -> bool:
        """Say whether it lies in one of the folders (paths from the root)."""
        return any(self.name.is_relative_to(folder) for folder in folders)
