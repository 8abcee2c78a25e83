"""Files of staff travel with a message as form data; what Messenger refuses is named with where to get it."""

from __future__ import annotations

import pytest

from bot.domain.messages import Button, File, Reply
from bot.storage.files import FolderStore
from connectors.facebook import limits
from connectors.facebook.connector import FacebookConnector
from tests.connectors.facebook.test_connector import Sending
from tests.connectors.staff_files import ELSEWHERE, PDF, kept, picture
from tests.fakes import FakeClock
from tests.servers import graph_errors
from tests.servers.graph import FILE_NAME, PretendGraph

WORDS = "Xin gửi ông/bà văn bản trả lời."
RATE = (Button("Đánh giá", "ticket:rate:PA-261123-0001A"),)


@pytest.fixture
def sending(connector: FacebookConnector, clock: FakeClock) -> Sending:
    return Sending(connector, clock)


def carrying(*files: File) -> Reply:
    return Reply(WORDS, RATE, files=files, elsewhere=ELSEWHERE)


async def test_a_picture_and_a_document_follow_the_words_with_our_key_and_the_buttons_last(
    graph: PretendGraph, sending: Sending, files: FolderStore
) -> None:
    photo = await kept(files, "Ổ gà đã vá.jpg", picture(), "image/jpeg")
    paper = await kept(files, "Văn bản “trả lời”.pdf", PDF, "application/pdf")
    await sending(reply=carrying(photo, paper))
    words, shown, attached = graph.calls
    assert words.params["message"] == {"text": WORDS, "metadata": "out:1#0"}
    message = {"attachment": {"type": "image", "payload": {}}, "metadata": "out:1#1"}
    assert (shown.params["message"], shown.params[FILE_NAME], shown.file) == (message, photo.name, picture())
    assert shown.params["recipient"] == words.params["recipient"]
    assert shown.params["messaging_type"] == "RESPONSE"
    assert attached.params["message"]["attachment"] == {"type": "file", "payload": {}}
    assert attached.params["message"]["quick_replies"][0]["payload"] == RATE[0].payload
    assert (attached.params[FILE_NAME], attached.file) == (paper.name, PDF)
    assert sending.mids == [one.mid for one in graph.sent]


async def test_a_person_s_file_after_a_day_carries_the_tag_of_people(
    graph: PretendGraph, sending: Sending, files: FolderStore, clock: FakeClock
) -> None:
    graph.page.human_agent = True
    clock.advance(limits.WINDOW * 2)
    await sending(reply=carrying(await kept(files, "a.pdf", PDF, "application/pdf")), by_staff=True)
    assert [one.body["tag"] for one in graph.sent] == ["HUMAN_AGENT", "HUMAN_AGENT"]


@pytest.mark.parametrize("error", [graph_errors.UPLOAD_FAILED, graph_errors.ATTACHMENT_TOO_BIG])
async def test_a_refused_file_is_named_with_where_to_get_it_and_the_buttons_stay(
    graph: PretendGraph, sending: Sending, files: FolderStore, error: graph_errors.GraphError
) -> None:
    paper = await kept(files, "a.pdf", PDF, "application/pdf")
    sending.mids.append("of the words")
    graph.next_error(error)
    await sending(reply=carrying(paper))
    assert graph.sent[-1].text == f"Kèm theo: a.pdf. {ELSEWHERE}"
    assert "quick_replies" in graph.sent[-1].message


async def test_files_that_are_gone_or_too_large_are_named(graph: PretendGraph, sending: Sending) -> None:
    key = "ab/" + "0" * 64
    gone = File("mất.pdf", "application/pdf", 10, key)
    huge = File("phim.mp4", "video/mp4", limits.FILE_BYTES + 1, key)
    await sending(reply=carrying(gone, huge))
    names = [f"Kèm theo: {one}. {ELSEWHERE}" for one in ("phim.mp4", "mất.pdf")]
    assert [one.text for one in graph.sent] == [f"{WORDS}\n{names[0]}", names[1]]


async def test_a_lost_answer_to_a_file_is_awaited_not_repeated(
    graph: PretendGraph, sending: Sending, files: FolderStore
) -> None:
    paper = await kept(files, "a.pdf", PDF, "application/pdf")
    graph.next_reset(done=True)
    error = await sending.failure(reply=Reply("", files=(paper,), elsewhere=ELSEWHERE))
    assert error.uncertain
    assert len(graph.sent) == 1
