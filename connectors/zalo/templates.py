"""ZBS templates: how a ticket's citizen is told when the reply window is closed (§6). Approved by Zalo beforehand, paid
for, and named in the channel's configuration by what they tell."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.channels import Outgoing
from bot.domain.messages import Notice
from bot.ports import CredentialStore
from connectors.zalo import limits
from connectors.zalo.answers import Accepted
from connectors.zalo.api import ZaloApi
from connectors.zalo.splitting import shortened

SECRET = "template_"  # noqa: S105  (no secret: the beginning of a key)
"""How the keys of the channel's configuration begin that hold the ids of templates."""


class Templates:
    def __init__(self, api: ZaloApi, store: CredentialStore) -> None:
        self._api = api
        self._store = store

    async def id_of(self, channel_id: int, notice: Notice | None) -> str | None:
        """None: the channel has none for this."""
        if notice is None:
            return None
        try:
            found = await self._store.credentials(channel_id)
        except LookupError:
            return None
        return found.secrets.get(f"{SECRET}{notice.kind}") or None

    async def send(self, outgoing: Outgoing, template_id: str, values: Mapping[str, str]) -> Accepted:
        """To the number the citizen gave for it, else by the OA's id of the person. Raises SendFailedError."""
        data = {name: shortened(value, limits.PARAMETERS.get(name, 30)) for name, value in values.items()}
        if outgoing.phone is not None:
            return await self._api.send_template_by_phone(
                outgoing.channel_id, outgoing.phone, template_id, data, outgoing.key
            )
        return await self._api.send_template(outgoing.channel_id, outgoing.citizen_id, template_id, data)
