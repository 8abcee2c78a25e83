from __future__ import annotations

from tests.servers.chat_fixtures import *  # noqa: F403
