"""`than-thien` with short leases and waits, so that what a crash leaves behind is taken up within a test's time. The
proportions stay: a lease outlives a call, the wait for an echo outlives a restart of the web.

Imported by a fork server, whose children start in no time; each is an operating system's process like any other.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # no threads before a fork

import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot import limits
from connectors.facebook import limits as facebook
from connectors.zalo import limits as zalo

CALL_SECONDS = 2.0
TEXTS = 20


def shorten() -> None:
    """Before anything reads the limits at its import."""
    limits.EVENT_LEASE = timedelta(seconds=3)
    limits.EVENT_RETRY = timedelta(seconds=0.5)
    limits.OUTBOX_LEASE = timedelta(seconds=5)
    limits.OUTBOX_BACKOFF_MAX = timedelta(seconds=3)
    limits.ECHO_WAIT = timedelta(seconds=6)
    limits.TOKEN_RETRY = timedelta(seconds=1.5)
    limits.BURST_WINDOW = timedelta(seconds=0.4)
    limits.MEDIA_RETRY = timedelta(seconds=1)
    limits.MEDIA_LEASE = timedelta(seconds=5)
    limits.MEDIA_SECONDS = 4.0
    limits.POLL_INTERVAL = 0.25
    zalo.TOTAL_SECONDS = facebook.TOTAL_SECONDS = CALL_SECONDS
    zalo.RETRY = facebook.RETRY = 0.5
    zalo.ECHO_WAIT = facebook.ECHO_WAIT = 6.0
    zalo.RATE_PAUSE = 1.5
    zalo.QUOTA_PAUSE = 1.5
    zalo.RESEND_PAUSES = (0.2, 0.4)
    zalo.TOKEN_LEASE = timedelta(seconds=6)
    zalo.TOKEN_REST = timedelta(seconds=1)
    zalo.TOKEN_DEAD_REST = timedelta(seconds=1)
    facebook.UNKNOWN_PAUSE = 1.5
    facebook.THREAD_PAUSE = 1.0
    facebook.RESTRICTED_PAUSE = 1.5
    facebook.DEAD_TOKEN_PAUSE = 1.0


def with_few_texts() -> None:
    """The search learns from a handful of texts, so that its index is built at once."""
    from knowledge import files

    read = files.read_search_texts

    def few() -> files.SearchTexts:
        texts = read()
        return files.SearchTexts(
            {name: phrases[:TEXTS] for name, phrases in texts.phrases.items()},
            texts.no_procedure[:TEXTS],
            texts.foreign[:TEXTS],
        )

    files.read_search_texts = few


def command(name: str, folder: str, environment: Mapping[str, str], log: str) -> None:
    """In the forked process: `than-thien <name>`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with Path(log).open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = ["than-thien", name]
    from bot.main import main

    main()


def forked(name: str, folder: str, environment: Mapping[str, str], log: str) -> BaseProcess:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.preload"])
    process = context.Process(target=command, args=(name, folder, dict(environment), log), name=name, daemon=True)
    process.start()
    return process
