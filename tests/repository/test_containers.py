"""Facts of Dockerfile and compose.yaml that need no engine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bot.config import PREFIX, Settings
from tests.repository.material import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
]
FINAL = ("app", "rasa")
OF_THE_APP = ("web", "worker", "clock", "migrate")
SECRETS = ("POSTGRES_PASSWORD", f"{PREFIX}SECRET_KEY", f"{PREFIX}NLU_TOKEN")
MOVING_TAGS = ("", "latest", "stable", "slim", "alpine", "bookworm")


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, kind: str) -> list[str]:
        return [text for one, text in self.steps if one == kind]


def stages() -> dict[str, Stage]:
    found: dict[str, Stage] = {}
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#"))
    for line in filter(None, lines.replace("\\\n", " ").splitlines()):
        kind, _, text = line.partition(" ")
        if kind == "FROM":
            base, name = re.fullmatch(r"(\S+) AS (\S+)", text).groups()  # type: ignore[union-attr]
            found[name] = Stage(base, name)
        else:
            list(found.values())[-1].steps.append((kind, " ".join(text.split())))
    return found


STAGES = stages()


def variables(stage: Stage) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for text in stage.of("ENV") for pair in text.split(" "))


def lineage(name: str) -> list[Stage]:
    """A stage and those it is built on or copies from."""
    stage = STAGES[name]
    sources = [stage.base, *(one for text in stage.of("COPY") for one in re.findall(r"--from=(\S+)", text))]
    return [stage, *(one for source in sources if source in STAGES for one in lineage(source))]


def pinned(image: str) -> bool:
    return "@sha256:" in image or image.partition(":")[2] not in MOVING_TAGS


def sent_to_the_builder(path: str) -> bool:
    """As .dockerignore says: the last line that fits decides."""
    sent = True
    parts = path.split("/")
    ways = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    for line in IGNORED:
        pattern = line.removeprefix("!")
        if any(fnmatch(way, pattern) or fnmatch("/" + way, pattern.replace("**", "*")) for way in ways):
            sent = line.startswith("!")
    return sent


def environment(service: str) -> dict[str, str]:
    """With the secrets filled in and the defaults taken."""
    given = {**dict.fromkeys(SECRETS, "0123456789abcdef"), f"{PREFIX}PUBLIC_URL": "https://tro-ly.example.vn"}

    def fill(match: re.Match[str]) -> str:
        name, _, default = re.fullmatch(r"(\w+)(:[-?])?(.*)", match[1]).groups()  # type: ignore[union-attr]
        return given.get(name, default)

    return {name: re.sub(r"\$\{([^{}]*)\}", fill, text) for name, text in SERVICES[service]["environment"].items()}


def test_the_two_targets_exist_and_every_base_is_pinned() -> None:
    assert set(FINAL) <= set(STAGES)
    assert [one.base for one in STAGES.values() if one.base not in STAGES and not pinned(one.base)] == []
    assert {one.base.partition("-")[0] for one in lineage("rasa") if one.base not in STAGES} == {"python:3.10"}


@pytest.mark.parametrize("name", FINAL)
def test_an_image_runs_as_somebody_without_rights(name: str) -> None:
    (user,) = STAGES[name].of("USER")
    uid, _, gid = user.partition(":")
    assert int(uid) >= 10_000
    assert f"useradd --uid {uid} --gid {gid}" in " ".join(STAGES[name].of("RUN"))
    assert [kind for kind, _ in STAGES[name].steps].index("USER") > max(
        place for place, (kind, _) in enumerate(STAGES[name].steps) if kind in {"RUN", "COPY"}
    )


@pytest.mark.parametrize("name", FINAL)
def test_an_image_ends_without_installers_and_takes_nothing_but_from_its_builders(name: str) -> None:
    commands = " ".join(STAGES[name].of("RUN"))
    assert "pip uninstall" in commands
    assert not re.search(r"pip\S* install|apt-get|curl|wget|git ", commands)
    assert [one for one in STAGES[name].of("COPY") if not one.startswith("--from=")] == []


def test_everything_copied_exists_and_reaches_the_builder() -> None:
    copied = [one for stage in STAGES.values() for text in stage.of("COPY") if "--from" not in text
              for one in text.split()[:-1]]  # fmt: skip
    assert len(copied) > 10
    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert [one for one in copied if not sent_to_the_builder(one)] == []


@pytest.mark.parametrize(
    "path",
    [".env", "data/rasa.token", "data/than-thien.db", ".git/config", "tests/conftest.py", ".venv/bin/python",
     "requirements-dev.txt", "bot/__pycache__/main.cpython-311.pyc", "bot/web/__pycache__/app.cpython-311.pyc"],
)  # fmt: skip
def test_nothing_private_or_needless_reaches_the_builder(path: str) -> None:
    assert not sent_to_the_builder(path)


def test_packages_are_checked_by_hash_and_never_built_with_unpinned_tools() -> None:
    installs = [one for stage in STAGES.values() for text in stage.of("RUN")
                for one in text.split("&&") if re.search(r"pip\b.* install ", one)]  # fmt: skip
    assert len(installs) == 4
    for one in installs:
        assert "--no-deps" in one
        assert "--require-hashes" in one or one.strip().endswith("-e .")
        assert "--only-binary :all:" in one or "--no-build-isolation" in one


def test_rasas_build_tool_is_in_its_pins() -> None:
    pins = (ROOT / "nlu" / "rasa" / "requirements.txt").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^setuptools==\S+ \\\n(?: +--hash=\S+ \\\n)* +--hash=\S+$", pins, re.MULTILINE)
    assert "--hash=sha256:" in entry


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE_TEXT], ids=["Dockerfile", "compose.yaml"])
def test_no_file_names_an_index_or_a_secret(text: str) -> None:
    assert not re.search(r"index-url|trusted-host|find-links|pypi|https?_proxy", text, re.IGNORECASE)
    assert not re.search(r"^(ARG|ENV)\s.*(TOKEN|SECRET|PASSWORD|KEY)", text, re.MULTILINE)
    assert not re.search(r"^\s+\w*(TOKEN|SECRET_KEY|PASSWORD): +[^$\s]", text, re.MULTILINE)


@pytest.mark.parametrize("name", FINAL)
def test_the_images_know_only_settings_that_are_read(name: str) -> None:
    served = (ROOT / "nlu" / "rasa" / "serve.py").read_text(encoding="utf-8")
    known = {PREFIX + one.upper() for one in Settings.model_fields} if name == "app" else set(
        re.findall(rf'"({PREFIX}[A-Z_]+)"', served))  # fmt: skip
    named = {one for one in variables(STAGES[name]) if one.startswith(PREFIX)}
    named |= set(re.findall(rf"{PREFIX}[A-Z_]+", " ".join(STAGES[name].of("HEALTHCHECK"))))
    assert named - known == set()


def test_the_health_checks_ask_what_the_servers_answer() -> None:
    (web,), (rasa,) = STAGES["app"].of("HEALTHCHECK"), STAGES["rasa"].of("HEALTHCHECK")
    assert "'/health/live'" in web
    assert '"/health/live"' in (ROOT / "bot" / "web" / "health.py").read_text(encoding="utf-8")
    assert "/status?" in rasa
    for check in (web, rasa):
        code = re.search(r'"-c", "(.*)"\]$', check)
        assert code is not None
        compile(code[1], "HEALTHCHECK", "exec")


def test_the_entry_point_and_the_data_folder() -> None:
    app = STAGES["app"]
    assert app.of("ENTRYPOINT") == ['["than-thien"]']
    assert app.of("VOLUME") == [variables(app)[f"{PREFIX}DATA_DIR"]] == ["/data"]
    assert variables(app)[f"{PREFIX}PORT"] == app.of("EXPOSE")[0]


@pytest.mark.parametrize("module", sorted(set(re.findall(r"\b(?:nlu|bot)(?:\.\w+)+", DOCKERFILE))))
def test_the_modules_the_images_start_exist(module: str) -> None:
    assert (ROOT / (module.replace(".", "/") + ".py")).exists()


def test_rasa_listens_on_this_machine_only_unless_told() -> None:
    served = (ROOT / "nlu" / "rasa" / "serve.py").read_text(encoding="utf-8")
    assert f'os.environ.get("{PREFIX}RASA_HOST", "127.0.0.1")' in served
    assert variables(STAGES["rasa"])[f"{PREFIX}RASA_HOST"] == "0.0.0.0"  # noqa: S104


def test_compose_starts_what_the_design_names() -> None:
    assert set(SERVICES) == {"proxy", *OF_THE_APP, "rasa-1", "rasa-2", "postgres", "redis"}
    replicas = {name: one["deploy"].get("replicas", 1) for name, one in SERVICES.items()}
    assert (replicas["web"], replicas["worker"], replicas["clock"]) == (2, 2, 1)
    main = (ROOT / "bot" / "main.py").read_text(encoding="utf-8")
    commands = set(re.findall(r"^@app\.command\(\)\ndef (\w+)", main, re.MULTILINE))
    assert {SERVICES[name]["command"][0] for name in OF_THE_APP} <= commands


def test_foreign_images_are_pinned_and_ours_are_built_from_the_targets() -> None:
    for name, one in SERVICES.items():
        if "build" in one:
            assert one["build"]["target"] == ("rasa" if name.startswith("rasa") else "app")
        else:
            assert pinned(one["image"]), name


@pytest.mark.parametrize("service", OF_THE_APP)
def test_the_settings_of_compose_are_known_and_valid(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment(service)
    assert [name for name in given if name.removeprefix(PREFIX).lower() not in Settings.model_fields] == []
    for name, text in {**variables(STAGES["app"]), **given}.items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, text)
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    addresses = f"{settings.nlu_urls} {settings.redis_url} {settings.database}".split()
    assert {urlsplit(one).hostname for one in addresses} == {"postgres", "redis", "rasa-1", "rasa-2"} <= set(SERVICES)
    assert settings.host == "0.0.0.0"  # noqa: S104
    assert settings.trust_proxy


def test_rasa_gets_its_token_and_no_other_secret() -> None:
    for name in ("rasa-1", "rasa-2"):
        assert list(SERVICES[name]["environment"]) == [f"{PREFIX}RASA_TOKEN"]
        assert environment(name)[f"{PREFIX}RASA_TOKEN"] == environment("worker")[f"{PREFIX}NLU_TOKEN"]


def test_every_secret_is_asked_for_and_described() -> None:
    for name in SECRETS:
        assert f"${{{name}:?" in COMPOSE_TEXT
        assert re.search(rf"^# +{name}=", COMPOSE_TEXT, re.MULTILINE)
        assert f"${{{name}}}" not in COMPOSE_TEXT


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one or one.get("network_mode")] == ["proxy"]
    closed = {name for name, one in COMPOSE["networks"].items() if one.get("internal")}
    for name in ("postgres", "redis", "rasa-1", "rasa-2"):
        assert set(SERVICES[name]["networks"]) <= closed
    for first, second in (("proxy", "postgres"), ("proxy", "rasa-1"), ("rasa-1", "postgres"), ("proxy", "redis")):
        assert not set(SERVICES[first]["networks"]) & set(SERVICES[second]["networks"])


@pytest.mark.parametrize(
    ("asks", "answers"),
    [("proxy", "web"), ("web", "postgres"), ("web", "redis"), ("worker", "postgres"), ("worker", "redis"),
     ("worker", "rasa-1"), ("worker", "rasa-2"), ("clock", "postgres"), ("clock", "redis"), ("migrate", "postgres")],
)  # fmt: skip
def test_who_needs_somebody_shares_a_network_with_them(asks: str, answers: str) -> None:
    assert set(SERVICES[asks]["networks"]) & set(SERVICES[answers]["networks"])


def test_who_calls_the_platforms_has_a_way_out() -> None:
    closed = {name for name, one in COMPOSE["networks"].items() if one.get("internal")}
    assert all(set(SERVICES[name]["networks"]) - closed for name in ("worker", "clock", "proxy"))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_limited_restarted_and_keeps_small_logs(name: str) -> None:
    one = SERVICES[name]
    assert one["restart"].startswith("on-failure:" if name == "migrate" else "unless-stopped")
    assert {"cpus", "memory"} <= set(one["deploy"]["resources"]["limits"])
    assert one["logging"]["options"]["max-size"]
    assert "no-new-privileges:true" in one["security_opt"]
    assert not one.get("privileged")
    if "build" in one:
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]


def test_the_limits_fit_a_server_of_eight_gigabytes() -> None:
    sizes = {"m": 1, "g": 1024}
    total = sum(
        int(memory[:-1]) * sizes[memory[-1]] * one["deploy"].get("replicas", 1)
        for name, one in SERVICES.items()
        if name != "migrate"
        for memory in [one["deploy"]["resources"]["limits"]["memory"]]
    )
    assert total <= 7 * 1024


def test_the_parts_wait_for_what_they_need() -> None:
    for name in ("web", "worker", "clock"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for names in (one["depends_on"] for one in SERVICES.values() if "depends_on" in one):
        for name, wanted in names.items():
            if wanted["condition"] == "service_healthy" and "build" not in SERVICES[name]:
                assert SERVICES[name]["healthcheck"]["test"]


def test_what_has_no_port_of_its_own_is_not_asked_whether_it_listens() -> None:
    assert [name for name in OF_THE_APP if not SERVICES[name].get("healthcheck", {}).get("disable")] == ["web"]


def test_the_proxy_leads_to_the_web_and_hides_the_inside() -> None:
    site = COMPOSE["configs"]["caddyfile"]["content"]
    assert f"dynamic a web {STAGES['app'].of('EXPOSE')[0]}" in site
    assert "path /metrics /health/*" in site
    assert "$" not in re.sub(r"\$\{[^$]*(\$\{\w+\})?\}", "", site)


def test_named_volumes_networks_and_configs_are_declared() -> None:
    for one in SERVICES.values():
        assert set(one["networks"]) <= set(COMPOSE["networks"])
        assert {volume.partition(":")[0] for volume in one.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert {config["source"] for config in one.get("configs", [])} <= set(COMPOSE["configs"])
