"""Puts the named points into a process of the product. An application of Django, so that every process has it."""

import functools
import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db import transaction

from bench.soak.points import FOLDER, IN_A_BISECT, POINTS, Point, fire

Function = Callable[..., Any]


class Crashing(AppConfig):
    """Wraps the functions of all points, where the environment names the folder in which points are armed."""

    name = "bench.soak"
    label = "soak"

    def ready(self) -> None:
        """Called by Django in each process, once."""
        if FOLDER in os.environ:
            for point in POINTS:
                wrap(point)


def wrap(point: Point) -> None:
    """Replace the point's function by one that may die. Raises AttributeError when the product has it no more."""
    module, _, path = point.place.partition(":")
    owner: Any = import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(_WRAPPERS[point.moment](point, original)))


def _before(point: Point, original: Function) -> Function:
    def run(*args: Any, **options: Any) -> Any:
        if fire(point):
            die()
        return original(*args, **options)

    return run


def _after(point: Point, original: Function) -> Function:
    def run(*args: Any, **options: Any) -> Any:
        result = original(*args, **options)
        if fire(point):
            die()
        return result

    return run


def _inside(point: Point, original: Function) -> Function:
    def run(*args: Any, **options: Any) -> Any:
        with transaction.atomic():
            result = original(*args, **options)
            if fire(point):
                die()
        return result

    return run


def _in_a_bisect(point: Point, original: Function) -> Function:
    """The first group of several messages fails; when its first half has been committed, the process dies."""
    failed = False

    def run(messages: Any, *args: Any) -> Any:
        nonlocal failed
        if not failed and len(messages) > 1 and fire(point):
            failed = True
            raise ArithmeticError("refused on purpose")
        result = original(messages, *args)
        if failed:
            die()
        return result

    return run


_WRAPPERS = {"before": _before, "after": _after, "inside": _inside, IN_A_BISECT.moment: _in_a_bisect}


def die() -> None:
    """End without a word, as a lost machine does."""
    os.kill(os.getpid(), signal.SIGKILL)
