"""A property that is worked out when it is first asked for, and kept with the object.

`functools.cached_property` takes a lock for it before Python 3.12, which costs more than most of these properties do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class kept_property(Generic[T]):  # noqa: N801 -- a decorator, as `cached_property` is
    """Decorate a method without arguments. What it returns stands in the object's `__dict__` from then on."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work, self._name, self.__doc__ = work, work.__name__, work.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> kept_property[T]: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> kept_property[T] | T:
        """Work it out: of an object that has it, Python takes it from there and does not ask."""
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._work(instance)
        return found
