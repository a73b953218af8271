"""What stops the story.

``StoryError``
  ``StoryFailedError``   a step did not give what it must give
  ``NetworkMissingError``   a validator, a kubo or a program of the network does not run
"""

from __future__ import annotations


class StoryError(Exception):
    """Base of everything that stops the story."""


class StoryFailedError(StoryError):
    """A step ended otherwise than the rules demand."""


class NetworkMissingError(StoryError):
    """Something that the story needs does not run.

    Args:
        missing: names of what is missing, each with what is known about it.
    """

    def __init__(self, missing: list[str]) -> None:
        super().__init__("缺少 / missing: " + "; ".join(missing))
        self.missing = missing
