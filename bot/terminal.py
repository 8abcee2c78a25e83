"""Speaking to the person at the terminal. Results go to standard output; progress and failures to standard error,
so that a result can be piped on."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog
import typer
from rich.console import Console
from rich.markup import escape

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str) -> NoReturn:
    """Says what is wrong and what to do, and ends the command."""
    errors.print(f"[bold red]✗[/] {escape(message)}")
    raise typer.Exit(1)


@contextmanager
def step(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    errors.print(f"[green]✓[/] {name} ({time.monotonic() - started:.1f} giây)")


@contextmanager
def working(name: str) -> Iterator[Callable[[str], None]]:
    """A step with progress shown while it runs; the function given takes the progress in words."""
    started = time.monotonic()
    if errors.is_terminal:
        with errors.status(name) as status:
            yield lambda progress: status.update(f"{name}: {progress}")
    else:
        errors.print(f"… {name}")
        yield lambda progress: None
    errors.print(f"[green]✓[/] {name} ({time.monotonic() - started:.1f} giây)")


class _NameOnly(logging.Formatter):
    """Other libraries' lines without their words: who spoke, how loud, and of what kind of error."""

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return str(ei[0].__name__) if ei[0] else ""


def configure_logging(level: str) -> None:
    """One line an event, on standard error. Our own events carry identifiers only; other libraries' lines are
    kept to warnings, because they may quote what they were given."""
    handler = logging.StreamHandler()
    handler.setFormatter(_NameOnly("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_traceback_values,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def places(error: BaseException) -> str:
    """Where an error passed, without its message or any value."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)


def _without_traceback_values(
    logger: object, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A traceback as the places it passed, without messages or values: those may quote a citizen."""
    if event.pop("exc_info", None):
        error = sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["where"] = places(error)
    return event
