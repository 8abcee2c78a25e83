"""What the fork server of tests.faults.launch holds ready: the product imported, its limits short."""

from __future__ import annotations

from tests.faults import launch

launch.shorten()
launch.with_few_texts()

import bot.main  # noqa: E402, F401
