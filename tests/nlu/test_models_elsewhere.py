"""A model published to Rasa servers that somebody else runs: each loads it from a folder both see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.domain.models import PublicationState
from bot.models import ModelRunner
from bot.running import prepared
from bot.storage.staff import Actor
from bot.system import System, opened
from bot.training import ARCHIVE
from tests.conftest import UNIT
from tests.servers.rasa import TOKEN, RasaServer

pytestmark = pytest.mark.rasa
ACTOR = Actor(None, UNIT)
COPY = "copy-of-the-model"


@pytest.fixture
def data_dir(rasa: RasaServer, tmp_path: Path) -> Path:
    """A data folder with the running model and a copy of it under another id."""
    running = rasa.process.model
    shutil.copytree(running.parent, tmp_path / "models" / running.parent.name, copy_function=shutil.copyfile)
    copy = shutil.copytree(running.parent, tmp_path / "models" / COPY, copy_function=shutil.copyfile)
    (copy / running.name).rename(copy / f"{COPY}{ARCHIVE}")
    (copy / "refused.json").unlink(missing_ok=True)
    return tmp_path


def settings_for(data_dir: Path, rasa: RasaServer, models: Path | None) -> Settings:
    return Settings(
        data_dir=data_dir,
        nlu_urls=rasa.url,
        nlu_token=SecretStr(TOKEN),
        nlu_models=str(models) if models else None,
    )


async def published(system: System, model_id: str) -> tuple[PublicationState, str | None]:
    runner = ModelRunner(system)
    await runner.step()
    assert await system.models.publish(ACTOR, UNIT, model_id) is not None
    await runner.step()
    (newest,) = await system.models.publications(1)
    return newest.state, newest.reason


async def test_servers_elsewhere_load_the_published_model_and_the_one_before(rasa: RasaServer, data_dir: Path) -> None:
    before = rasa.process.model
    async with opened(settings_for(data_dir, rasa, data_dir / "models")) as system:
        await prepared(system)
        for model_id in (COPY, before.parent.name):
            assert (await published(system, model_id))[0] is PublicationState.ACTIVE
            assert await system.nlu.model(rasa.url) == f"{model_id}{ARCHIVE}"
            assert (await system.nlu.parse("lệ phí đăng ký kết hôn")).intent == "procedure_fee"


async def test_a_model_the_servers_cannot_see_leaves_the_old_one_answering(rasa: RasaServer, data_dir: Path) -> None:
    before = rasa.process.model
    async with opened(settings_for(data_dir, rasa, data_dir / "nowhere")) as system:
        await prepared(system)
        state, reason = await published(system, COPY)
        assert state is PublicationState.FAILED
        assert reason
        assert await system.nlu.model(rasa.url) == before.name
        assert (await system.nlu.parse("lệ phí đăng ký kết hôn")).intent == "procedure_fee"


async def test_without_a_shared_folder_the_console_is_told_what_to_set(rasa: RasaServer, data_dir: Path) -> None:
    async with opened(settings_for(data_dir, rasa, None)) as system:
        await prepared(system)
        state, reason = await published(system, COPY)
    assert state is PublicationState.FAILED
    assert reason is not None
    assert "THANTHIEN_NLU_MODELS" in reason
