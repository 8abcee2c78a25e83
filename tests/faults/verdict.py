"""What a replay came to: every event and every message accounted for, at our side and at the platforms'."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from bot.domain.messages import Reply
from bot.domain.views import LOCAL_ZONE
from bot.storage.ledger import Ledger
from bot.storage.outbox import key_of
from bot.storage.tables import channels, citizens, conversations, events, media, messages, outbox
from bot.system import System
from connectors.facebook import messages as facebook
from connectors.zalo import messages as zalo
from tests.faults.replay import Record
from tests.faults.traffic import MARK

RECORDING = 2.5
"""Seconds a sender needs at most to record what a platform accepted: a call's time limit and a write."""
OUR_OWN = ("echo", "staff")


@dataclass
class Verdict:
    """All but `doubled_sends` must be empty; each doubled send is told with the crash that explains it."""

    lost: list[str] = field(default_factory=list)
    doubled_effects: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    doubled_sends: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    answered: int = 0
    sent: int = 0
    duplicates: int = 0

    def lines(self, record: Record) -> Iterator[str]:
        made = record.traffic
        kills = Counter(f"{one.name}{' at an acceptance' if one.aimed else ''}" for one in record.downs)
        yield f"  events {made.events}, in {len(made.posts)} posts, {self.duplicates} duplicates counted by us"
        yield f"  killed {sum(kills.values())}: " + ", ".join(
            f"{name} {count}" for name, count in sorted(kills.items())
        )
        faults = ", ".join(f"{name} {count}" for name, count in sorted(record.faults.items()))
        yield f"  faults of the platforms {sum(record.faults.values())}: {faults}"
        yield f"  turns answered {self.answered}, messages sent {self.sent}, echoes kept back {record.lost_echoes}"
        yield f"  by hand: consents {record.consents}, messages sent again {len(record.resent)}"
        yield f"  lost {len(self.lost)}, doubled effects {len(self.doubled_effects)}, out of order {len(self.disorder)}"
        yield f"  doubled sends {len(self.doubled_sends)} explained by a crash, {len(self.unexplained)} not"
        for name in ("lost", "doubled_effects", "disorder", "doubled_sends", "unexplained"):
            yield from (f"    {name}: {one}" for one in getattr(self, name)[:20])
        yield f"  took {record.seconds:.0f} s"

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.doubled_effects or self.disorder or self.unexplained)


async def judged(record: Record, office: System) -> Verdict:
    verdict = Verdict()
    await _events(verdict, record, office)
    await _turns(verdict, office)
    await _sends(verdict, record, office)
    day = await Ledger(office.database, office.clock).day(office.clock.now().astimezone(LOCAL_ZONE).date())
    verdict.duplicates = day.duplicates
    verdict.doubled_effects += [f"ledger: {problem}" for problem in day.problems]
    return verdict


async def _events(verdict: Verdict, record: Record, office: System) -> None:
    async with office.database.read() as connection:
        counted = select(events.c.kind, func.count()).where(events.c.kind.not_in(OUR_OWN)).group_by(events.c.kind)
        kinds = {row[0]: row[1] for row in await connection.execute(counted)}
        texts = (await connection.execute(select(events.c.text, events.c.outcome))).all()
        said = (await connection.execute(select(messages.c.content).where(messages.c.direction == "in"))).scalars()
        heard = Counter(_mark(one["text"]) for one in said)
        quiet = (
            await connection.execute(select(func.count()).where(conversations.c.quiet_until.is_not(None)))
        ).scalar_one()
        files = select(media.c.state, func.count()).group_by(media.c.state)
        kept = {row[0]: row[1] for row in await connection.execute(files)}
        left = (await connection.execute(select(func.count()).where(events.c.outcome.is_(None)))).scalar_one()
    for kind in record.traffic.kinds.keys() | kinds.keys():
        more = kinds.get(kind, 0) - record.traffic.kinds[kind]
        verdict.lost += [f"event of kind {kind}"] * -more
        verdict.doubled_effects += [f"event of kind {kind}"] * more
    marks = Counter(_mark(text) for text, _ in texts)
    for number in record.traffic.marks:
        for name, count in (("event", marks[number]), ("message", heard[number])):
            verdict.lost += [f"{name} {number}"] * (1 - count)
            verdict.doubled_effects += [f"{name} {number}"] * (count - 1)
    verdict.lost += ["unanswered event"] * left
    verdict.lost += ["photo not kept"] * (record.traffic.photos - kept.get("kept", 0))
    verdict.doubled_effects += ["an echo taken for a person's words"] * quiet


async def _turns(verdict: Verdict, office: System) -> None:
    """Each turn was finished once: as many changes of state as turns, and all its answers in one transaction."""
    async with office.database.read() as connection:
        turns = (await connection.execute(select(func.count(events.c.turn_id.distinct())))).scalar_one()
        changes = (await connection.execute(select(func.sum(conversations.c.state_version)))).scalar_one() or 0
        written = (
            select(messages.c.event_id)
            .where(messages.c.direction == "out")
            .group_by(messages.c.event_id)
            .having(func.count(messages.c.created_at.distinct()) > 1)
        )
        twice = (await connection.execute(written)).all()
    verdict.answered = turns
    verdict.doubled_effects += ["turn applied twice"] * max(0, changes - turns)
    verdict.lost += ["turn without its change of state"] * max(0, turns - changes)
    verdict.doubled_effects += [f"answer to event {row[0]} written twice" for row in twice]


async def _sends(verdict: Verdict, record: Record, office: System) -> None:
    """By platform, citizen and content: what must have been sent, against what the platforms accepted."""
    query = (
        select(outbox.c.id, outbox.c.outcome, channels.c.platform, citizens.c.external_id, messages.c.content)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .join(citizens, citizens.c.id == conversations.c.citizen_id)
        .join(channels, channels.c.id == conversations.c.channel_id)
        .join(messages, messages.c.id == outbox.c.message_id)
        .order_by(outbox.c.id)
    )
    async with office.database.read() as connection:
        rows = (await connection.execute(query)).all()
    due: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row.outcome != "sent":
            verdict.lost.append(f"message {row.id} of {row.platform}: {row.outcome}")
        due[row.platform, row.external_id] += [
            _canonical(part) for part in _parts(row.id, row.platform, Reply.from_json(row.content))
        ]
    got: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for at, platform, citizen, message in record.accepted:
        got[platform, citizen].append((_canonical(message), at))
    verdict.sent = len(record.accepted)
    for who in due.keys() | got.keys():
        _compare(verdict, record, who, due[who], got[who])
        contents = list(dict.fromkeys(content for content, _ in got[who]))
        by_hand = any(who == (row.platform, row.external_id) for row in rows if row.id in record.resent)
        is_told_apart = len(set(due[who])) == len(due[who])
        if is_told_apart and not by_hand and contents != [one for one in due[who] if one in contents]:
            verdict.disorder.append(f"to {who}")


def _compare(
    verdict: Verdict, record: Record, who: tuple[str, str], due: list[str], got: list[tuple[str, float]]
) -> None:
    wanted, times = Counter(due), defaultdict(list)
    for content, at in got:
        times[content].append(at)
    for content in wanted.keys() | times.keys():
        more = len(times[content]) - wanted[content]
        verdict.lost += [f"to {who}: {content[:60]}"] * -more
        if more <= 0:
            continue
        if not wanted[content]:
            verdict.doubled_effects.append(f"to {who}, by nobody's order: {content[:60]}")
            continue
        reasons = list(_crashes(record, times[content]))
        verdict.doubled_sends += [f"{who[0]}: {reason}" for reason in reasons[:more]]
        verdict.unexplained += [f"to {who} at {_shown(times[content])}: {content[-60:]}"] * (more - len(reasons))


def _crashes(record: Record, times: list[float]) -> Iterator[str]:
    """For each repetition, the process that was dead when the message before it was to be recorded."""
    for first, again in itertools.pairwise(times):
        # A sender records the answer at once; the web records the echo, whenever it comes.
        for down in sorted(record.downs, key=lambda one: abs(one.since - first)):
            until = again if down.name in ("web", "run") else min(again, first + RECORDING)
            if down.since <= until and down.until >= first:
                when = f"{down.since - first:+.2f} s from the acceptance"
                yield f"{down.name} killed {when}, sent again after {again - first:.1f} s"
                break


def _parts(outbox_id: int, platform: str, reply: Reply) -> list[dict[str, Any]]:
    if platform == "zalo":
        return zalo.render(reply)
    return [facebook.marked(part, key_of(outbox_id), number) for number, part in enumerate(facebook.render(reply))]


def _canonical(message: dict[str, Any]) -> str:
    return json.dumps(message, sort_keys=True, ensure_ascii=False)


def _mark(text: str) -> int:
    found = MARK.search(text)
    return int(found[1]) if found else 0


def _shown(times: list[float]) -> str:
    return ", ".join(f"{at - times[0]:+.2f}" for at in times)
