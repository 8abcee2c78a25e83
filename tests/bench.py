"""`make bench`: latency of search and of replies, and memory. Figures belong to the machine they were measured on.

Search is timed in this process at the published procedures and at 6,000 generated ones. Replies are timed over HTTP
against a whole system (web, worker, sender, real Rasa, SQLite) started here: from posting a message to reading its
answer through the long poll, one user.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.config import Settings
from bot.services.knowledge import procedure_phrases
from bot.system import System, opened
from bot.terminal import configure_logging
from bot.training import model_path, train
from knowledge import files
from knowledge.exchange import reading as exchange
from knowledge.normalise import normalise
from knowledge.search import SearchIndex

ROOT = Path(__file__).parents[1]
QUESTIONS = [
    "làm khai sinh cho con cần giấy tờ gì", "le phi dang ky ket hon", "tach khau mat may ngay", "sao y o dau vay",
    "xin giấy độc thân online được không", "ba tui mới mất giờ làm giấy gì", "so dien thoai cong an xa", "alo",
    "thứ bảy có làm việc không", "muon mo quan ca phe can giay phep gi",
]  # fmt: skip
TURNS = 200


def percentiles(samples: list[float]) -> str:
    ordered = sorted(samples)
    p95, p99 = ordered[int(len(ordered) * 0.95)], ordered[int(len(ordered) * 0.99)]
    return f"p50 {statistics.median(ordered):.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms"


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def bench_normalise() -> None:
    samples = []
    for number in range(5_000):
        text = f"{QUESTIONS[number % len(QUESTIONS)]} {number}"
        started = time.perf_counter()
        normalise(text)
        samples.append((time.perf_counter() - started) * 1_000_000)
    print(f"normalise: p50 {statistics.median(samples):.0f} µs")


def bench_search() -> None:
    records = files.read_procedures(files.PROCEDURES)
    texts = files.read_search_texts()
    none = (texts.no_procedure, texts.foreign)
    phrases = {name: procedure_phrases(record, texts.phrases.get(name, ())) for name, record in records.items()}
    index = SearchIndex(phrases, *none)
    time_search(f"{len(phrases)} procedures", index)
    started = time.perf_counter()
    changed = {**phrases, "dang-ky-khai-sinh": [*phrases["dang-ky-khai-sinh"], "câu mới vừa công bố"]}
    SearchIndex(changed, *none, like=index)
    print(f"rebuild after a publication, {len(phrases)} procedures: {time.perf_counter() - started:.2f} s")

    dice = random.Random(1)
    words = sorted({word for texts in phrases.values() for text in texts for word in text.split()})
    many = {
        f"generated-{number}": [" ".join(dice.choices(words, k=dice.randint(3, 9))) for _ in range(8)]
        for number in range(6_000)
    }
    large = SearchIndex(many, *none)
    time_search("6,000 procedures", large)
    many["generated-7"] = [*many["generated-7"], "câu mới vừa công bố"]
    started = time.perf_counter()
    SearchIndex(many, *none, like=large)
    print(f"rebuild after a publication, 6,000 procedures: {time.perf_counter() - started:.2f} s")


def time_search(name: str, index: SearchIndex) -> None:
    samples = []
    for number in range(500):
        started = time.perf_counter()
        index.find(f"{QUESTIONS[number % len(QUESTIONS)]} {number}")
        samples.append((time.perf_counter() - started) * 1000)
    print(f"search, {name}: {percentiles(samples)}")


def bench_import() -> None:
    """A workbook of 500 procedures: written, read into drafts, compared with what is published."""
    shipped = {name: one.model_dump(mode="json") for name, one in files.read_procedures(files.PROCEDURES).items()}
    names = list(shipped)
    many = {
        f"{names[at % len(names)]}-{at}": {**shipped[names[at % len(names)]], "name": f"Thủ tục {at}", "code": None}
        for at in range(500)
    }
    started = time.perf_counter()
    data = exchange.write("xlsx", many)
    written = time.perf_counter()
    imported = exchange.read_any(data)
    read = time.perf_counter()
    found = exchange.previews(imported, many)
    done = time.perf_counter()
    assert len(found) == 500
    print(
        f"XLSX of 500 procedures ({len(data) / 1e6:.1f} MB): written in {written - started:.1f} s, imported in "
        f"{done - written:.1f} s (read {read - written:.1f} s, preview {done - read:.1f} s; at most 30 s)"
    )


async def bench_replies() -> None:
    data_dir = ROOT / "data"
    await train(data_dir, lambda progress: None)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(
            data_dir=data_dir, database_url=f"sqlite:///{scratch}/bench.db", port=0, nlu_port=5015, log_level="error"
        )
        async with opened(settings) as system:
            await system.prepare()
            rasa = system.rasa_process(model_path(data_dir))
            await rasa.start()
            try:
                await rasa.ready(system.nlu)
                await run_conversation(system)
                print(f"memory: application {memory_mb(os.getpid()):.0f} MB, Rasa {memory_mb(rasa.pid or 0):.0f} MB")
            finally:
                await rasa.stop()


async def run_conversation(system: System) -> None:
    runner = web.AppRunner(system.web_app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/chat/api"
    jobs = [asyncio.create_task(job) for job in (system.worker().run(), system.sender().run())]
    try:
        async with aiohttp.ClientSession() as session:
            samples = await talk(session, url, lambda number: f"{QUESTIONS[number % len(QUESTIONS)]} {number}")
            print(f"posted message to reply, every text new:      {percentiles(samples)}")
            samples = await talk(session, url, lambda number: QUESTIONS[number % len(QUESTIONS)])
            print(f"posted message to reply, from the parse cache: {percentiles(samples)}")
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await runner.cleanup()


async def talk(session: aiohttp.ClientSession, url: str, text: Callable[[int], str]) -> list[float]:
    samples: list[float] = []
    headers: dict[str, str] = {}
    after = 0
    for number in range(TURNS):
        if number % 20 == 0:  # a session may send so many messages a minute only
            async with session.post(f"{url}/session", json={"unit": "xa-tan-an"}) as response:
                headers = {"Authorization": f"Bearer {(await response.json())['token']}"}
            after = 0
        started = time.perf_counter()
        body = {"client_id": secrets.token_hex(8), "text": text(number)}
        async with session.post(f"{url}/messages", json=body, headers=headers) as response:
            response.raise_for_status()
        after = await read_reply(session, url, headers, after)
        samples.append((time.perf_counter() - started) * 1000)
    return samples


async def read_reply(session: aiohttp.ClientSession, url: str, headers: dict[str, str], after: int) -> int:
    while True:
        query = {"after": str(after), "wait": "4"}
        async with session.get(f"{url}/messages", params=query, headers=headers) as response:
            for message in (await response.json())["messages"]:
                after = max(after, message["seq"])
                if message["direction"] == "out":
                    return after


def main() -> None:
    configure_logging("error")
    bench_normalise()
    bench_search()
    bench_import()
    asyncio.run(bench_replies())


if __name__ == "__main__":
    main()
