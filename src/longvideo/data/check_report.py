"""What a check of a data set found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from longvideo.errors import UserError

T = TypeVar("T")


@dataclass
class Report:
    """What a check found: one line per problem, and one per part of the data set."""

    problems: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what `read` returns; a `UserError` becomes a problem, and None."""
        try:
            return read()
        except UserError as error:
            self.problems.append(str(error))
            return None

    def expect_count(self, place: object, expected: int | None, found: int, what: str) -> None:
        """Note a problem if a number is expected and another one was found."""
        if expected is not None and found != expected:
            self.problems.append(f"{place}: expected {expected} {what}, found {found}")
