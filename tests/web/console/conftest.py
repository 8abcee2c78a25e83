from __future__ import annotations

from tests.web.console.fixtures import *  # noqa: F403
