from __future__ import annotations

from tests.servers.rasa import rasa  # noqa: F401
