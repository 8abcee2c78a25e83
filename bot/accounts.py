"""Signing in to the console, and managing who may: passwords, one-time codes, sessions and accounts."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyotp

from bot import limits
from bot.domain.errors import SecretsUnreadableError
from bot.domain.staff import Role
from bot.passwords import Passwords, Weakness, temporary_password, weakness
from bot.ports import Cache, Clock
from bot.storage.credentials import Seal
from bot.storage.sessions import Session, SqlSessions
from bot.storage.staff import Account, Actor, SqlStaff

ISSUER = "Thân Thiện"
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,78}[a-z0-9]")
STEP_SECONDS = 30


class Refusal(StrEnum):
    """Why somebody was not let in. WRONG says nothing about whether the login exists."""

    WRONG = "wrong"
    LOCKED = "locked"
    WRONG_CODE = "wrong_code"


class SignInRefusedError(Exception):
    def __init__(self, reason: Refusal, until: datetime | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.until = until
        """When a lock ends."""


class WeakPasswordError(Exception):
    def __init__(self, reason: Weakness) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor that is not set up yet. `uri`: for the QR code; `sealed`: comes back with the first code."""

    secret: str
    uri: str
    sealed: str


def normal_login(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().lower()[: limits.LOGIN_CHARACTERS]


class Accounts:
    """Use cases over the accounts."""

    def __init__(
        self, staff: SqlStaff, sessions: SqlSessions, passwords: Passwords, seal: Seal, cache: Cache, clock: Clock
    ) -> None:
        self.staff = staff
        self.sessions = sessions
        self._seal = seal
        self._cache = cache
        self._clock = clock
        self._passwords = passwords

    async def sign_in(self, login: str, password: str, code: str = "", address: str = "", browser: str = "") -> str:
        """The token of a new session. An unknown login is answered like a wrong password: same words, same time, same
        lock. Without a code the session still waits for it, where the account has a second factor.
        Raises SignInRefusedError."""
        account = await self.staff.by_login(normal_login(login))
        if account is None or not account.active:
            until = await self._count_unknown(normal_login(login))
            await self._passwords.fits(password, None)
            raise SignInRefusedError(Refusal.LOCKED if until else Refusal.WRONG, until)
        until = await self.staff.count_try(account.id)
        right = await self._passwords.fits(password, account.password_hash)
        if until is not None:
            raise SignInRefusedError(Refusal.LOCKED, until)
        if not right:
            raise SignInRefusedError(Refusal.WRONG)
        asked = account.totp_secret is not None
        if code and not await self._takes_code(account, code):
            raise SignInRefusedError(Refusal.WRONG_CODE)
        if code or not asked:
            await self.staff.clear_tries(account.id)
        return await self.sessions.open(
            account.person, second_factor=bool(code) and asked, address=address, browser=browser
        )

    async def second_factor(self, session: Session, code: str) -> None:
        """The second half of signing in. Raises SignInRefusedError."""
        account = await self._checked(session)
        if not await self._takes_code(account, code):
            raise SignInRefusedError(Refusal.WRONG_CODE)
        await self.staff.clear_tries(account.id)
        await self.sessions.pass_second_factor(session)

    async def change_password(self, session: Session, present: str, new: str) -> None:
        """One's own; the other sessions end. Raises SignInRefusedError, WeakPasswordError."""
        account = await self._checked(session)
        if not await self._passwords.fits(present, account.password_hash):
            raise SignInRefusedError(Refusal.WRONG)
        await self.staff.clear_tries(account.id)
        reason = Weakness.COMMON if new == present else weakness(new, account.login, account.name)
        if reason is not None:
            raise WeakPasswordError(reason)
        hashed = await self._passwords.hash(new)
        actor = Actor(account.id, session.unit_id or None)
        await self.staff.set_password(actor, account.id, hashed, must_change=False, keep_session=session.id)

    def offer_second_factor(self, session: Session) -> Offer:
        return self._offer(session, pyotp.random_base32())

    def offer_again(self, session: Session, sealed: str) -> Offer | None:
        """The same offer once more, after a mistyped code; None when it was made for somebody else."""
        try:
            owner, _, secret = self._seal.open(sealed).partition(":")
        except SecretsUnreadableError:
            return None
        return self._offer(session, secret) if owner == str(session.staff.id) else None

    async def set_up_second_factor(self, session: Session, sealed: str, code: str) -> bool:
        """False when the code does not belong to the offer. The other sessions end."""
        offer = self.offer_again(session, sealed)
        step = self._step(offer.secret, code) if offer else None
        if offer is None or step is None:
            return False
        actor = Actor(session.staff.id, session.unit_id or None)
        await self.staff.set_second_factor(
            actor, session.staff.id, self._seal.close(offer.secret), keep_session=session.id
        )
        await self.staff.use_code(session.staff.id, step)
        await self.sessions.pass_second_factor(session)
        return True

    async def create(
        self, actor: Actor, login: str, name: str, title: str, roles: Mapping[str, frozenset[Role]]
    ) -> tuple[int, str]:
        """The new account's id and its temporary password, to be shown once. Raises LoginTakenError."""
        password = temporary_password()
        hashed = await self._passwords.hash(password)
        return await self.staff.create(actor, login, name, title, hashed, roles), password

    async def create_with_password(
        self, login: str, name: str, title: str, password: str, roles: Mapping[str, frozenset[Role]]
    ) -> int:
        """At the server's terminal. Raises LoginTakenError, WeakPasswordError."""
        hashed = await self._strong(password, login, name)
        actor = Actor(None, None)
        return await self.staff.create(actor, login, name, title, hashed, roles, must_change_password=False)

    async def reset_password(self, actor: Actor, staff_id: int) -> str:
        """A temporary password, to be shown once; the person chooses another at the next sign-in."""
        password = temporary_password()
        await self.staff.set_password(actor, staff_id, await self._passwords.hash(password), must_change=True)
        return password

    async def reset_at_terminal(self, account: Account, password: str) -> None:
        """For whoever lost password or phone and has no administrator to ask. Raises WeakPasswordError."""
        hashed = await self._strong(password, account.login, account.name)
        actor = Actor(None, None)
        await self.staff.set_password(actor, account.id, hashed, must_change=False)
        await self.staff.set_second_factor(actor, account.id, None)
        if not account.active:
            await self.staff.set_active(actor, account.id, True)

    async def _strong(self, password: str, login: str, name: str) -> str:
        reason = weakness(password, login, name)
        if reason is not None:
            raise WeakPasswordError(reason)
        return await self._passwords.hash(password)

    async def _checked(self, session: Session) -> Account:
        """The account of a session, one more try counted."""
        account = await self.staff.by_id(session.staff.id)
        if account is None:
            raise SignInRefusedError(Refusal.WRONG)
        until = await self.staff.count_try(account.id)
        if until is not None:
            raise SignInRefusedError(Refusal.LOCKED, until)
        return account

    async def _takes_code(self, account: Account, code: str) -> bool:
        if account.totp_secret is None:
            return False
        step = self._step(self._seal.open(account.totp_secret), code)
        return step is not None and await self.staff.use_code(account.id, step)

    def _step(self, secret: str, code: str) -> int | None:
        """The 30-second step the code belongs to; clocks may differ by one step."""
        totp = pyotp.TOTP(secret)
        typed = re.sub(r"\D", "", code)
        now = int(self._clock.now().timestamp()) // STEP_SECONDS
        fitting = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate_otp(step), typed)]
        return fitting[0] if fitting else None

    def _offer(self, session: Session, secret: str) -> Offer:
        uri = pyotp.TOTP(secret).provisioning_uri(name=session.staff.login, issuer_name=ISSUER)
        return Offer(secret, uri, self._seal.close(f"{session.staff.id}:{secret}"))

    async def _count_unknown(self, login: str) -> datetime | None:
        """The lock of a login nobody has, so that it answers like any other. Lost counts do no harm."""
        key = f"sign-in:{hashlib.sha256(login.encode()).hexdigest()}"
        kept = await self._cache.get(key) or "0"
        now = self._clock.now()
        if not kept.isdigit():
            until = datetime.fromisoformat(kept)
            if until > now:
                return until
            kept = "0"
        failed = int(kept) + 1
        value = (now + limits.SIGN_IN_LOCK).isoformat() if failed >= limits.FAILED_SIGN_INS else str(failed)
        await self._cache.set(key, value, limits.SESSION_LIFETIME)
        return None
