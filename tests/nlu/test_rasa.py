from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.dialogue import texts_vi as say
from bot.domain.errors import NluRejectedError
from bot.domain.meaning import INTENTS
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.coordination import LocalCache
from bot.supervisor import RasaError, RasaProcess
from bot.training import RASA_PROJECT, TrainingError, model_id, train
from knowledge.emergencies import EmergencyRules
from nlu.client import RasaClient
from tests.servers import free_port
from tests.servers.chat import UNIT
from tests.servers.rasa import DATA, TOKEN, RasaServer

pytestmark = pytest.mark.rasa

CLEAR = {
    "chào trợ lý, buổi sáng tốt lành": "greet",
    "cảm ơn trợ lý nhiều lắm": "thank",
    "đăng ký kết hôn cần những giấy tờ gì": "procedure_documents",
    "dang ky ket hon can nhung giay to gi": "procedure_documents",
    "lệ phí làm giấy khai sinh là bao nhiêu tiền": "procedure_fee",
    "le phi lam giay khai sinh la bao nhieu tien": "procedure_fee",
    "cho hỏi số điện thoại của công an xã": "lookup_contact",
    "cho hoi so dien thoai cua cong an xa": "lookup_contact",
    "xã mình mấy giờ mở cửa làm việc": "office_hours",
    "xa minh may gio mo cua lam viec": "office_hours",
    "đường trước nhà tôi có ổ gà to, mong xã cho sửa": "report_problem",
    "duong truoc nha toi co o ga to, mong xa cho sua": "report_problem",
    "tôi muốn tố cáo cán bộ nhận hối lộ": "denounce",
    "toi muon to cao can bo nhan hoi lo": "denounce",
}


@pytest.fixture
async def client(rasa: RasaServer) -> AsyncIterator[RasaClient]:
    client = rasa.client()
    yield client
    await client.close()


@pytest.mark.parametrize(("text", "intent"), CLEAR.items())
async def test_a_clear_message_is_understood_with_and_without_accents(
    client: RasaClient, text: str, intent: str
) -> None:
    meaning = await client.parse(text)
    assert meaning.intent == intent


async def test_the_answer_ranks_our_intents_by_probability_and_names_the_model(client: RasaClient) -> None:
    meaning = await client.parse("đăng ký kết hôn ở đâu")
    confidences = [confidence for _, confidence in meaning.ranking]
    assert {name for name, _ in meaning.ranking} <= set(INTENTS)
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1.001
    assert meaning.ranking[0] == (meaning.intent, meaning.confidence)
    assert meaning.model == await client.model()


async def test_the_same_text_is_always_understood_the_same(client: RasaClient) -> None:
    first = await client.parse("xin giấy xác nhận độc thân")
    assert all([await client.parse("xin giấy xác nhận độc thân") == first for _ in range(3)])


@pytest.mark.parametrize("text", ["", " ", "🙂🙂", "a" * 10_000, "\x00\x01", "<b>'; DROP", "你好", "/" * 50])
async def test_any_text_gets_an_answer(client: RasaClient, text: str) -> None:
    assert (await client.parse(text)).intent in INTENTS


@pytest.mark.parametrize("intent", ["denounce", "procedure_fee", "restart"])
async def test_a_text_with_a_slash_is_not_a_command(client: RasaClient, intent: str) -> None:
    """Rasa would take "/denounce" for the intent itself, with full confidence."""
    meaning = await client.parse(f"/{intent}")
    assert meaning.confidence < 1.0
    assert (await client.parse(f"/{intent}" + '{"name": "x"}')).confidence < 1.0


async def test_a_wrong_token_is_refused(rasa: RasaServer) -> None:
    client = rasa.client(token="wrong")
    with pytest.raises(NluRejectedError):
        await client.parse("xin chào")
    with pytest.raises(NluRejectedError):
        await client.model()
    await client.close()


async def test_the_log_holds_none_of_the_words_and_not_the_token(rasa: RasaServer, client: RasaClient) -> None:
    for text in ("zxqwords của tôi", "/zxqwords", "zxqwords" * 500, "zxqwords\x00"):
        await client.parse(text)
    log = rasa.log_file.read_text(errors="replace")
    assert "zxqwords" not in log
    assert TOKEN not in log


async def test_killed_in_mid_conversation_it_comes_back_and_meanwhile_the_answers_are_degraded(
    rasa: RasaServer, client: RasaClient, knowledge: KnowledgeBase, emergency_rules: EmergencyRules
) -> None:
    assistant = Assistant(knowledge, client, LocalCache(), emergency_rules)

    async def answer(text: str) -> str:
        turn = await assistant.turn(UNIT, {}, text, None, datetime(2026, 11, 23, 2, tzinfo=UTC))
        return turn.replies[-1].text

    degraded = say.DEGRADED.partition(",")[0]
    assert degraded not in await answer("lệ phí đăng ký kết hôn")
    restarts = rasa.process.restarts
    rasa.kill()
    away = await answer("đăng ký kết hôn hết bao nhiêu tiền")
    assert degraded in away
    assert "kết hôn" in away.lower()
    await asyncio.to_thread(rasa.wait_until_ready)
    assert rasa.process.restarts == restarts + 1
    assert degraded not in await answer("lệ phí đăng ký kết hôn là bao nhiêu vậy")


async def test_a_missing_model_is_named_with_the_mend(tmp_path: Path) -> None:
    process = RasaProcess(tmp_path / "none.tar.gz", free_port(), TOKEN, tmp_path)
    with pytest.raises(RasaError, match="than-thien train"):
        await process.start()
    assert process.pid is None


async def test_a_port_that_is_taken_is_named_with_the_mend(tmp_path: Path) -> None:
    model = tmp_path / "model.tar.gz"
    model.touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RasaError, match=f"{port}.*THANTHIEN_NLU_PORT"):
            await RasaProcess(model, port, TOKEN, tmp_path).start()


async def test_a_model_that_cannot_be_read_is_an_error_that_names_the_log(tmp_path: Path) -> None:
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"this is no model")
    process = RasaProcess(model, free_port(), TOKEN, tmp_path)
    client = RasaClient([process.url], TOKEN, timeout=2.0, retry_dead_after=0.2)
    await process.start()
    try:
        with pytest.raises((RasaError, NluRejectedError)):
            await process.ready(client, timeout=6.0)
    finally:
        await process.stop()
        await client.close()
    assert process.pid is None or not Path(f"/proc/{process.pid}").exists()


async def test_training_again_with_the_same_data_uses_the_model_there_is() -> None:
    before = (await train(DATA, lambda progress: None)).stat().st_mtime
    assert (await train(DATA, lambda progress: None)).stat().st_mtime == before


async def test_broken_data_is_a_training_error_that_names_the_log(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(RASA_PROJECT, project)
    (project / "data" / "greet.yml").write_text("nlu:\n- intent: [greet\n")
    with pytest.raises(TrainingError, match=r"training\.log"):
        await train(tmp_path, lambda progress: None, project=project)
    assert list((tmp_path / "models").rglob("*.tar.gz")) == []


def test_the_model_has_another_name_when_anything_it_is_made_of_changes(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(RASA_PROJECT, project)
    names = [model_id(project)]
    for changed in ("config.yml", "domain.yml", "data/greet.yml"):
        file = project / changed
        file.write_text(file.read_text() + "\n# changed\n")
        names.append(model_id(project))
    assert len(set(names)) == 4
