"""`make bench`: what it costs to understand a message, beside Rasa's stock pipelines on the same data and machine.

Each server is asked at `/model/parse` by a few callers at once, each sentence once; ours also through the whole way of
a message (parse over HTTP, search, decision) with and without the parse cache. DIET is trained for one epoch: how well
it understands is not asked here, and what a message costs it does not depend on that. The stock models are kept in
`data/bench` for the next run. With `--gate` a training and its gate are timed too.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml

from bot.calibration import read_messages
from bot.config import Settings
from bot.judging import judge
from bot.running import rasa_for
from bot.supervisor import RasaProcess, free_port
from bot.system import System, opened
from bot.terminal import configure_logging
from bot.training import RASA_PROJECT, RASA_PYTHON, model_id, model_path, rasa_environment, running_model
from nlu.client import RasaClient
from tests.bench import ROOT, percentiles

DATA = ROOT / "data"
TOKEN = "-token-of-the-bench"
CALLERS = 4
ASKED = 800
FEATURES = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
STOCK = {
    "logistic": [*FEATURES, {"name": "LogisticRegressionClassifier", "random_state": 42}],
    "diet": [
        *FEATURES[:1], {"name": "LexicalSyntacticFeaturizer"}, *FEATURES[1:],
        {"name": "DIETClassifier", "epochs": 1, "entity_recognition": False, "random_seed": 42},
    ],
}  # fmt: skip
TIMES_FASTER = {"logistic": 3.0, "diet": 6.0}
"""The aims (issue 3)."""


def stock_model(name: str) -> Path:
    """The stock pipeline trained on the present data, kept for the next run."""
    kept = DATA / "bench" / f"{name}-{model_id()}.tar.gz"
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "config.yml"
        described = {"recipe": "default.v1", "assistant_id": name, "language": "vi", "pipeline": STOCK[name]}
        config.write_text(yaml.safe_dump(described), encoding="utf-8")
        command = [
            str(RASA_PYTHON), "-m", "rasa", "train", "nlu", "--config", str(config), "--nlu",
            str(RASA_PROJECT / "data"), "--out", scratch, "--fixed-model-name", name,
        ]  # fmt: skip
        started = time.perf_counter()
        subprocess.run(command, cwd=scratch, env=rasa_environment(), check=True, capture_output=True)
        print(f"stock {name} trained in {time.perf_counter() - started:.0f} s")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(scratch) / f"{name}.tar.gz", kept)
    return kept


@asynccontextmanager
async def serving(model: Path) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as logs:
        process = RasaProcess(model, free_port(), TOKEN, Path(logs))
        client = RasaClient([process.url], TOKEN, timeout=10.0, retry_dead_after=0.2)
        await process.start()
        try:
            await process.ready(client)
            yield process.url
        finally:
            await client.close()
            await process.stop()


async def parses_a_second(url: str, texts: list[str]) -> float:
    """Of a server asked by CALLERS at once."""
    left = iter(texts)

    async def call(session: aiohttp.ClientSession) -> None:
        for text in left:
            async with session.post(f"{url}/model/parse", params={"token": TOKEN}, json={"text": text}) as response:
                response.raise_for_status()
                await response.read()

    async with aiohttp.ClientSession() as session:
        started = time.perf_counter()
        await asyncio.gather(*(call(session) for _ in range(CALLERS)))
        return len(texts) / (time.perf_counter() - started)


async def bench_servers(texts: list[str]) -> None:
    rates: dict[str, float] = {}
    models = {"ours": running_model(DATA), **{name: stock_model(name) for name in STOCK}}
    for name, model in models.items():
        async with serving(model) as url:
            await parses_a_second(url, texts[:50])
            rates[name] = await parses_a_second(url, texts[50:])
        print(f"/model/parse, {name}: {rates[name]:.0f} a second, {CALLERS} callers")
    for name, wanted in TIMES_FASTER.items():
        print(f"ours against stock {name}: {rates['ours'] / rates[name]:.1f} times as fast (aim {wanted:.0f})")


async def understanding_times(system: System, texts: list[str]) -> list[float]:
    samples = []
    for text in texts:
        started = time.perf_counter()
        await system.assistant.turn(system.settings.default_unit, {}, text, None, system.clock.now())
        samples.append((time.perf_counter() - started) * 1000)
    return samples


async def bench_understanding(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/bench.db"
        settings = Settings(data_dir=DATA, database_url=url, nlu_port=free_port(), log_level="error")
        async with opened(settings) as system:
            await system.prepare()
            async with rasa_for(system):
                await understanding_times(system, texts[:50])
                fresh = await understanding_times(system, texts[50:])
                print(f"a message understood, no cache:        {percentiles(fresh)} (aim 4, 8)")
                kept = await understanding_times(system, texts[50:])
                print(f"a message understood, its parse kept:  {percentiles(kept)} (aim 1)")


async def bench_gate() -> None:
    """A training of the present data and one example more, and the gate between it and the running model."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        project = folder / "rasa"
        shutil.copytree(RASA_PROJECT, project)
        data = project / "data" / "greet.yml"
        data.write_text(data.read_text(encoding="utf-8") + "    - chào buổi sáng ở bàn đo\n", encoding="utf-8")
        running = running_model(DATA)
        kept = folder / "data" / "models" / running.parent.name
        shutil.copytree(running.parent, kept)
        (kept.parent / "current").write_text(running.parent.name + "\n", encoding="utf-8")
        settings = Settings(data_dir=folder / "data", database_url=f"sqlite:///{folder}/bench.db", log_level="error")
        async with opened(settings) as system:
            await system.prepare()
            found = (await judge(system, lambda phase, percent: None, project)).report
    if found is not None:
        print(
            f"training and gate: {found.seconds['all']:.0f} s, of it training {found.seconds['train']:.0f} s (aim 120)"
        )


async def bench(gate: bool) -> None:
    texts = [
        f"{one.text} {number}" for number, one in enumerate(read_messages(Settings().calibration_messages)[:ASKED])
    ]
    await bench_servers(texts)
    await bench_understanding(texts)
    if gate:
        await bench_gate()


if __name__ == "__main__":
    configure_logging("error")
    if not model_path(DATA).exists():
        sys.exit("no model of the present data: run `than-thien train` first")
    asyncio.run(bench("--gate" in sys.argv))
