from __future__ import annotations

from tests.web.console.desk_fixtures import *  # noqa: F403
from tests.web.console.fixtures import *  # noqa: F403
