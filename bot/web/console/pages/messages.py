"""Why an answer came about: what was read, found and decided, by which thresholds, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.dialogue.explaining import Path, fingerprint
from bot.dialogue.masking import without_personal_data
from bot.domain.learning import SEALED_INTENTS
from bot.domain.staff import Permission
from bot.storage.explained import Explained, RevisionFact
from bot.web.console import learning_words as words
from bot.web.console.auth import signed
from bot.web.console.pages.learning import procedure_names
from bot.web.console.permissions import requires
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE, Console
from knowledge.normalise import normalise

ARCHIVE = ".tar.gz"
_BAND_OF_PATH = {Path.SURE: "answer", Path.OFFERED: "answer", Path.FOREIGN: "foreign", Path.NOTHING_FOUND: "choose"}

routes = web.RouteTableDef()


@routes.get(r"/messages/{message:\d{1,18}}")
@requires(Permission.WHY)
async def why(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    found = await console.explained.message(who.unit_id, int(request.match_info["message"]))
    if found is None:
        raise web.HTTPNotFound
    if found.sealed or found.meta.get("intent") in SEALED_INTENTS or found.meta.get("restricted"):
        return await render(request, "message_sealed.html")
    in_full = who.may(Permission.CONVERSATIONS)
    kept: Mapping[str, Any] = found.meta.get("why") or {}
    revision = await console.explained.revision(found.meta["revision"]) if found.meta.get("revision") else None
    context = {
        "message": found,
        "text": found.text if in_full else without_personal_data(found.text),
        "normalised": normalise(found.text if in_full else without_personal_data(found.text)),
        "masked": not in_full,
        "replies": [one.text for one in found.replies],
        "why": kept,
        "path": words.PATHS.get(kept.get("path", ""), ""),
        "deciding": _BAND_OF_PATH.get(kept.get("path", "")),
        "revision": revision,
        "model": await _model(console, found),
        "changes": await _changes(console, found, kept, revision),
        "names": procedure_names(request),
        "may_read_conversation": in_full,
        "may_open_revision": who.may(Permission.RECORDS_PUBLISH),
        "words": words,
    }
    return await render(request, "message.html", context)


async def _model(console: Console, found: Explained) -> Any:
    name = str(found.meta.get("model") or "").removesuffix(ARCHIVE)
    return await console.models.model(name) if name else None


async def _changes(
    console: Console, found: Explained, kept: Mapping[str, Any], revision: RevisionFact | None
) -> list[str]:
    """What would be different if the same were asked now, in sentences."""
    changes = []
    if kept.get("text") and kept["text"] != fingerprint(found.text):
        changes.append("Cách đọc chữ viết tắt, không dấu của trợ lý đã đổi, nên câu này nay được đọc khác.")
    model, current = str(found.meta.get("model") or "").removesuffix(ARCHIVE), await console.models.current()
    if model and current is not None and current.model_id != model:
        changes.append(f"Mô hình đã đổi: nay là {current.model_id[:8]}.")
        changes += _changed_bands(kept, (await console.models.model(current.model_id)))
    if revision is not None and revision.newer is not None:
        names = ", ".join(words.FIELDS.get(one, one) for one in revision.changed) or "không đổi nội dung"
        at = f"{revision.newer_at:%d/%m/%Y}" if revision.newer_at else ""
        changes.append(f"Thủ tục đã có bản {revision.newer} ({at}), khác ở: {names}.")
    procedure = found.meta.get("procedure")
    if procedure and found.answered_at is not None:
        learned = await console.explained.learned_since(procedure, found.answered_at)
        if learned:
            changes.append(f"Đã dạy thêm {learned} cách hỏi cho thủ tục này.")
    return changes


def _changed_bands(kept: Mapping[str, Any], model: Any) -> list[str]:
    if model is None or model.bands is None:
        return []
    changed = [
        f"{words.BANDS[name].lower()} {_decimal(value)} → {_decimal(model.bands[name])}"
        for name, value in (kept.get("bands") or {}).items()
        if name in model.bands and abs(model.bands[name] - value) > 0.001
    ]
    return [f"Ngưỡng đã đổi: {'; '.join(changed)}."] if changed else []


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
