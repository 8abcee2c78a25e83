"""Fills a PostgreSQL database with answered conversations, as many of them as one likes."""

from __future__ import annotations

import asyncpg

_NEW = """
(SELECT v.id, c.external_id, v.channel_id FROM conversations v JOIN citizens c ON c.id = v.citizen_id
 WHERE c.external_id::bigint >= :first AND c.external_id::bigint < :first + :count AND v.channel_id = :channel)
"""
_FILLING = (
    """INSERT INTO citizens (channel_id, external_id, created_at)
    SELECT :channel, (:first + n)::text, now() - interval '1 day' FROM generate_series(0, :count - 1) n""",
    """INSERT INTO conversations (citizen_id, channel_id, state, last_event_at, created_at, last_inbound_at, next_seq)
    SELECT id, channel_id, '{}', now() - interval '1 hour', now() - interval '1 day', now() - interval '1 hour',
      2 * :turns + 1
    FROM citizens WHERE channel_id = :channel AND external_id::bigint >= :first
      AND external_id::bigint < :first + :count""",
    """INSERT INTO events (channel_id, external_id, conversation_id, kind, text, received_at, outcome, closed_at,
      attempts)
    SELECT n.channel_id, 'm_' || n.external_id || '_' || t, n.id, 'message', 'lệ phí đăng ký kết hôn bao nhiêu',
      now() - interval '2 hours', 'answer', now() - interval '2 hours', 1
    FROM :new n, generate_series(1, :turns) t""",
    """INSERT INTO messages (conversation_id, seq, direction, event_id, content, meta, created_at)
    SELECT e.conversation_id, 2 * row_number() OVER w - CASE d WHEN 'in' THEN 1 ELSE 0 END, d, e.id,
      json_build_object('text', repeat('Dạ, thưa ông/bà, lệ phí là 50.000 đồng. ', 6)), '{}',
      now() - interval '2 hours'
    FROM events e JOIN :new n ON n.id = e.conversation_id, unnest(ARRAY['in', 'out']) d
    WINDOW w AS (PARTITION BY e.conversation_id, d ORDER BY e.id)""",
    """INSERT INTO outbox (conversation_id, message_id, attempts, next_attempt_at, outcome, created_at, closed_at,
      parts_sent)
    SELECT m.conversation_id, m.id, 1, m.created_at, 'sent', m.created_at, m.created_at, 1
    FROM messages m JOIN :new n ON n.id = m.conversation_id WHERE m.direction = 'out'""",
    """INSERT INTO outbox_parts (outbox_id, part, channel_id, external_id, accepted_at)
    SELECT o.id, 1, n.channel_id, 'out_' || o.id, o.created_at
    FROM outbox o JOIN :new n ON n.id = o.conversation_id""",
)


async def fill(url: str, platform: str, first: int, conversations: int, turns: int) -> None:
    """So many conversations of so many turns on the platform's one channel, by citizens with ids from `first` on."""
    given = {
        ":new": _NEW,
        ":channel": f"(SELECT id FROM channels WHERE platform = '{platform}')",  # noqa: S608
        ":first": str(first),
        ":count": str(conversations),
        ":turns": str(turns),
    }
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for statement in _FILLING:
            for name, value in given.items():
                statement = statement.replace(name, value)
            await connection.execute(statement)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
