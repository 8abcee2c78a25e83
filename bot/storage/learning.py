"""What editors see of the samples, and what they teach."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.learning import Decision, LearnedText, Reason, SampleGroup
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.database import Database
from bot.storage.learning_tables import learned_texts, learning_samples
from bot.storage.staff import Actor
from bot.storage.staff_tables import staff
from bot.storage.tables import messages, publications

_OPEN = learning_samples.c.decision.is_(None)


class SqlLearning:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open_groups(self, unit_id: str, reason: Reason | None, offset: int, limit: int) -> list[SampleGroup]:
        """Groups an editor has not decided about, the most frequent first."""
        counted = (
            select(
                learning_samples.c.group_id,
                func.count().label("count"),
                func.max(learning_samples.c.at).label("last_at"),
            )
            .where(learning_samples.c.unit_id == unit_id, _OPEN)
            .group_by(learning_samples.c.group_id)
            .order_by(func.count().desc(), func.max(learning_samples.c.at).desc(), learning_samples.c.group_id)
        )
        async with self._database.read() as connection:
            if reason is not None:
                own = select(learning_samples.c.group_id, learning_samples.c.reasons).where(
                    learning_samples.c.unit_id == unit_id, _OPEN
                )
                fitting = {row.group_id for row in (await connection.execute(own)).all() if reason in row.reasons}
                counted = counted.where(learning_samples.c.group_id.in_(fitting))
            ids = [row.group_id for row in (await connection.execute(counted.offset(offset).limit(limit))).all()]
            return [group for one in ids if (group := await self._group(connection, unit_id, one)) is not None]

    async def open_count(self, unit_id: str) -> int:
        """Groups that wait for an editor."""
        query = select(func.count(learning_samples.c.group_id.distinct())).where(
            learning_samples.c.unit_id == unit_id, _OPEN
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def group(self, unit_id: str, group_id: int) -> SampleGroup | None:
        """None when nothing of it waits for an editor."""
        async with self._database.read() as connection:
            return await self._group(connection, unit_id, group_id)

    async def texts(self, unit_id: str, group_id: int) -> list[str]:
        """All different texts of a group that wait for an editor, newest first."""
        query = (
            select(learning_samples.c.text)
            .where(learning_samples.c.unit_id == unit_id, learning_samples.c.group_id == group_id, _OPEN)
            .order_by(learning_samples.c.id.desc())
        )
        async with self._database.read() as connection:
            return list(dict.fromkeys((await connection.execute(query)).scalars()))

    async def ignore(self, actor: Actor, unit_id: str, group_id: int) -> int:
        """How many samples were put aside."""
        async with self._database.write() as connection:
            return await self._decide(connection, actor, unit_id, group_id, Decision.IGNORED)

    async def seal(self, actor: Actor, unit_id: str, group_id: int) -> int:
        """Deletes a group an editor found to be about something sealed; how many samples were deleted."""
        now = self._clock.now()
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(learning_samples).where(
                    learning_samples.c.unit_id == unit_id, learning_samples.c.group_id == group_id
                )
            )
            details = {"samples": gone.rowcount}
            subject = f"learning_group:{group_id}"
            await append(connection, Entry(now, "learning.sealed", subject, actor.staff_id, unit_id, details))
            return gone.rowcount

    async def teach(
        self, actor: Actor, unit_id: str, group_id: int, kind: Decision, target: str, texts: Sequence[str]
    ) -> None:
        """Keeps texts under an intent or a procedure and closes their group, in one transaction. What the search
        learns from rises the version of what is published: every process reads it within a second."""
        now = self._clock.now()
        async with self._database.write() as connection:
            for text in texts:
                await connection.execute(
                    insert(learned_texts).values(
                        kind=kind.value, target=target, text=text, unit_id=unit_id, staff_id=actor.staff_id,
                        created_at=now,
                    )
                )  # fmt: skip
            if texts and kind is not Decision.INTENT:
                await connection.execute(insert(publications).values(at=now, note=f"taught {kind.value}: {len(texts)}"))
            await self._decide(connection, actor, unit_id, group_id, kind, target, len(texts))

    async def learned(self, offset: int = 0, limit: int | None = None) -> list[LearnedText]:
        """What was taught and not taken back, newest first."""
        query = (
            select(learned_texts, staff.c.name)
            .outerjoin(staff, staff.c.id == learned_texts.c.staff_id)
            .where(learned_texts.c.removed_at.is_(None))
            .order_by(learned_texts.c.id.desc())
            .offset(offset)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query if limit is None else query.limit(limit))).all()
        return [
            LearnedText(row.id, Decision(row.kind), row.target, row.text, row.name or "", row.created_at)
            for row in rows
        ]

    async def take_back(self, actor: Actor, learned_id: int) -> bool:
        """False when it was taken back before, or never taught."""
        now = self._clock.now()
        async with self._database.write() as connection:
            taken = await connection.execute(
                update(learned_texts)
                .where(learned_texts.c.id == learned_id, learned_texts.c.removed_at.is_(None))
                .values(removed_at=now, removed_by=actor.staff_id)
                .returning(learned_texts.c.kind)
            )
            kind = taken.scalar()
            if kind is None:
                return False
            if kind != Decision.INTENT:
                await connection.execute(insert(publications).values(at=now, note=f"taught {kind}: -1"))
            subject = f"learned_text:{learned_id}"
            await append(connection, Entry(now, "learning.taken_back", subject, actor.staff_id, actor.unit_id))
            return True

    async def search_texts(self) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """(phrases by procedure, texts of somebody else's matters)."""
        phrases: dict[str, list[str]] = defaultdict(list)
        foreign = []
        for one in await self.learned():
            if one.kind is Decision.PHRASE:
                phrases[one.target].append(one.text)
            elif one.kind is Decision.FOREIGN:
                foreign.append(one.text)
        return {name: tuple(sorted(texts)) for name, texts in phrases.items()}, tuple(sorted(foreign))

    async def training_texts(self) -> list[tuple[str, str]]:
        """(intent, text), in an order that does not depend on when they were taught."""
        found = {
            ("out_of_scope" if one.kind is Decision.FOREIGN else one.target, one.text)
            for one in await self.learned()
            if one.kind is not Decision.PHRASE
        }
        return sorted(found)

    async def _group(self, connection: AsyncConnection, unit_id: str, group_id: int) -> SampleGroup | None:
        query = (
            select(learning_samples)
            .where(learning_samples.c.unit_id == unit_id, learning_samples.c.group_id == group_id)
            .order_by(learning_samples.c.id.desc())
        )
        rows = (await connection.execute(query)).all()
        waiting = [row for row in rows if row.decision is None]
        if not waiting:
            return None
        newest = waiting[0]
        replied = select(func.min(messages.c.id)).where(
            messages.c.event_id == newest.event_id, messages.c.direction == "out"
        )
        procedures = Counter(row.procedure_id for row in waiting if row.procedure_id)
        return SampleGroup(
            group_id,
            len(waiting),
            waiting[-1].at,
            newest.at,
            Counter(Reason(one) for row in waiting for one in row.reasons),
            tuple(dict.fromkeys(row.text for row in waiting))[: limits.LEARNING_GROUP_TEXTS],
            (await connection.execute(replied)).scalar(),
            newest.intent,
            procedures.most_common(1)[0][0] if procedures else None,
            any(row.decision in {Decision.INTENT, Decision.PHRASE, Decision.FOREIGN} for row in rows),
        )

    async def _decide(
        self, connection: AsyncConnection, actor: Actor, unit_id: str, group_id: int, decision: Decision,
        target: str = "", taken: int = 0,
    ) -> int:  # fmt: skip
        now = self._clock.now()
        decided = await connection.execute(
            update(learning_samples)
            .where(learning_samples.c.unit_id == unit_id, learning_samples.c.group_id == group_id, _OPEN)
            .values(decision=decision.value, decided_at=now, decided_by=actor.staff_id)
        )
        details = {"decision": decision.value, "target": target, "taken": taken, "samples": decided.rowcount}
        subject = f"learning_group:{group_id}"
        await append(connection, Entry(now, "learning.decided", subject, actor.staff_id, unit_id, details))
        return decided.rowcount
