"""Has the stores that the tests of this folder open closed at their end."""

from tests.closed_stores import stores_are_closed

__all__ = ["stores_are_closed"]
