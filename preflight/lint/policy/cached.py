"""A value that is worked out once, when it is first asked for: `functools.cached_property` without its lock.

Until Python 3.12 that one takes a lock each time, which was a part in twenty of a lint of many policies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class computed(Generic[S, T]):  # noqa: N801 -- used as a decorator, as property is
    """Makes a method of no arguments an attribute, kept by the object that it is of."""

    def __init__(self, method: Callable[[S], T]) -> None:
        self._method, self._name = method, method.__name__
        self.__doc__ = method.__doc__

    def __get__(self, instance: S, owner: Any = None) -> T:
        value = instance.__dict__[self._name] = self._method(instance)
        return value
