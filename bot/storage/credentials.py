"""The channels' secrets and tokens, encrypted at rest with a key derived from the setting SECRET_KEY."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.channels import Credentials, TokenPair
from bot.domain.errors import SecretsUnreadableError
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import channels

KEY_FILE = "secret.key"
ALARM_CHARACTERS = 200


def kept_key(data_dir: Path) -> str:
    """The key of an installation that sets none: made once, readable by the owner only. Losing it loses the
    channels' secrets, so it belongs into the backup."""
    file = data_dir / KEY_FILE
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(32))
        try:
            os.link(made, file)  # of two processes at once only one makes the key
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_text().strip()


class Seal:
    """Encrypts and decrypts short texts."""

    def __init__(self, key: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"than-thien channel secrets").derive(key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises SecretsUnreadableError when it was closed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SecretsUnreadableError from error

    def close_secrets(self, values: Mapping[str, str]) -> str:
        return self.close(json.dumps(dict(values), ensure_ascii=False))

    def open_secrets(self, sealed: str) -> dict[str, str]:
        return {str(name): str(value) for name, value in json.loads(self.open(sealed)).items()}


class SqlCredentials:
    """Implements bot.ports.CredentialStore."""

    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    async def credentials(self, channel_id: int) -> Credentials:
        query = select(channels.c.external_id, channels.c.secrets).where(channels.c.id == channel_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None or row.secrets is None:
            raise LookupError(f"channel {channel_id} has no secrets")
        return Credentials(row.external_id, self._seal.open_secrets(row.secrets))

    async def tokens(self, channel_id: int) -> TokenPair | None:
        async with self._database.read() as connection:
            return await self._pair(connection, channel_id, lock=False)

    async def keep_tokens(self, channel_id: int, spent: str | None, pair: TokenPair) -> bool:
        async with self._database.write() as connection:
            kept = await self._pair(connection, channel_id, lock=True)
            if (kept.refresh if kept else None) != spent:
                return False
            await self._write(connection, channel_id, pair)
        return True

    async def seed_tokens(self, channel_id: int, pair: TokenPair) -> None:
        """Puts a pair given by an administrator in place of whatever was there."""
        async with self._database.write() as connection:
            await self._write(connection, channel_id, pair)

    async def raise_alarm(self, channel_id: int, reason: str | None) -> None:
        """An alarm raised again keeps its first time; taken back, the channel's messages go out at once."""
        reason = reason[:ALARM_CHARACTERS] if reason else None
        changed = channels.c.alarm.is_distinct_from(reason)
        values: dict[str, object] = {"alarm": reason, "alarm_since": self._clock.now() if reason else None}
        if reason is None:
            values["paused_until"] = None
        async with self._database.write() as connection:
            await connection.execute(update(channels).where(channels.c.id == channel_id, changed).values(**values))

    async def _pair(self, connection: AsyncConnection, channel_id: int, *, lock: bool) -> TokenPair | None:
        query = select(
            channels.c.access_token,
            channels.c.refresh_token,
            channels.c.access_expires_at,
            channels.c.refresh_expires_at,
        ).where(channels.c.id == channel_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        if row is None or row.refresh_token is None:
            return None
        return TokenPair(
            self._seal.open(row.access_token),
            self._seal.open(row.refresh_token),
            row.access_expires_at,
            row.refresh_expires_at,
        )

    async def _write(self, connection: AsyncConnection, channel_id: int, pair: TokenPair) -> None:
        await connection.execute(
            update(channels)
            .where(channels.c.id == channel_id)
            .values(
                access_token=self._seal.close(pair.access),
                refresh_token=self._seal.close(pair.refresh),
                access_expires_at=pair.access_expires_at,
                refresh_expires_at=pair.refresh_expires_at,
            )
        )
