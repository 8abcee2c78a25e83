"""Builds the two environments from hashed pins. Standard library only: it runs before anything is installed.

    python3 bot/bootstrap.py [--dev] [--browser]

`.venv` holds the application, `.venv-rasa` the Rasa process (Python 3.10, its own old pins). Each is rebuilt
only when its requirements file changed. Every failure says what is wrong and what to do.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
APP_ENV = ROOT / ".venv"
RASA_ENV = ROOT / ".venv-rasa"
UV_VERSION = "0.13.8"
NEEDED_DISK_GB = 5
CHROMIUM_PATHS = ("chromium", "chromium-browser", "google-chrome")


class SetupError(Exception):
    """A step failed; the message says what is wrong and what to do."""


def say(text: str) -> None:
    print(f"• {text}", flush=True)


def run(command: list[str], problem: str, mend: str, env: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, env=env, check=False)
    except OSError as error:
        raise SetupError(f"{problem} ({error.strerror}).\n  {mend}") from error
    if done.returncode != 0:
        raise SetupError(f"{problem} (the command above ended with {done.returncode}).\n  {mend}")


def works(python: str, version: tuple[int, int]) -> bool:
    """Whether the interpreter starts and has exactly this version (a pyenv shim may exist and refuse)."""
    code = f"import sys, zlib, ssl; sys.exit(sys.version_info[:2] != {version})"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def as_root_install(packages: list[str]) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"Installing {' '.join(packages)} with apt")
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=False)
    return subprocess.run(["apt-get", "install", "-y", "-qq", *packages], env=env, check=False).returncode == 0


def find_uv() -> str:
    own = TOOLS / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and Path(candidate).exists():
            return candidate
    say("Fetching uv")
    make_env = [sys.executable, "-m", "venv", str(TOOLS)]
    if subprocess.run(make_env, capture_output=True, check=False).returncode != 0:
        as_root_install(["python3-venv"])
        run(
            make_env,
            "Python cannot make a virtual environment",
            "Install the package python3-venv (apt-get install python3-venv) or put uv on PATH, then try again.",
        )
    run(
        [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "-q", f"uv=={UV_VERSION}"],
        "uv could not be fetched from the package registry",
        "Check the network or the proxy settings of pip, or put uv on PATH, then try again.",
    )
    return str(own)


def find_python_310(uv: str) -> str:
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    candidates = ["python3.10", *sorted(map(str, Path(pyenv).glob("versions/3.10.*/bin/python3.10")), reverse=True)]
    for candidate in candidates:
        if works(candidate, (3, 10)):
            return candidate
    found = subprocess.run([uv, "python", "find", "3.10"], capture_output=True, text=True, check=False)
    if found.returncode == 0 and works(found.stdout.strip(), (3, 10)):
        return found.stdout.strip()
    say("Fetching Python 3.10 for Rasa")
    run(
        [uv, "python", "install", "3.10"],
        "No Python 3.10 was found on PATH or under pyenv, and uv could not fetch one",
        "Rasa 3.6 runs only on Python 3.10. Install it (pyenv install 3.10, or your package manager), then try again.",
    )
    return "3.10"


def stamp_of(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def build(uv: str, env: Path, python: str, requirements: Path, name: str, editable: bool) -> None:
    stamp_file = env / "than-thien.stamp"
    stamp = stamp_of(requirements)
    if stamp_file.exists() and stamp_file.read_text() == stamp and (env / "bin" / "python").exists():
        return
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < NEEDED_DISK_GB:
        raise SetupError(
            f"Only {free_gb:.1f} GB are free here; the environments need about {NEEDED_DISK_GB} GB.\n"
            "  Free some space, or move the folder to a larger disk, then try again."
        )
    say(f"Building the environment of {name} in {env.name} (a minute or two the first time)")
    mend = "Read the message above; most often the network or the disk. Then run the same command again."
    environ = {**os.environ, "VIRTUAL_ENV": str(env), "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "copy")}
    run(
        [uv, "venv", "-q", "--clear", "--python", python, str(env)],
        f"{env.name} could not be made",
        mend,
        environ,
    )
    run(
        [uv, "pip", "sync", "-q", "--require-hashes", str(requirements)],
        f"The pinned packages of {name} could not be installed",
        mend,
        environ,
    )
    if editable:
        run(
            [uv, "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
            "The command than-thien could not be installed",
            mend,
            environ,
        )
    stamp_file.write_text(stamp)


def provide_browser(app_python: Path) -> None:
    if any(shutil.which(name) for name in CHROMIUM_PATHS):
        return
    if as_root_install(["chromium", "fonts-noto-core"]):
        return
    say("Fetching Chromium through Playwright")
    run(
        [str(app_python), "-m", "playwright", "install", "chromium"],
        "No Chromium was found and Playwright could not fetch one",
        "Install Chromium (apt-get install chromium), then try again.",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", action="store_true", help="also the tools of make test and make lint")
    parser.add_argument("--browser", action="store_true", help="also Chromium for the browser tests")
    options = parser.parse_args()
    try:
        if sys.version_info < (3, 11):
            raise SetupError(
                f"The application needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
                "  Install Python 3.11, or name another with: make PYTHON=/path/to/python3.11 run"
            )
        uv = find_uv()
        dev = options.dev or (APP_ENV / "bin" / "pytest").exists()
        requirements = ROOT / ("requirements-dev.txt" if dev else "requirements.txt")
        build(uv, APP_ENV, sys.executable, requirements, "the application", editable=True)
        rasa_requirements = ROOT / "nlu" / "rasa" / "requirements.txt"
        rasa_stamp = RASA_ENV / "than-thien.stamp"
        if not (rasa_stamp.exists() and rasa_stamp.read_text() == stamp_of(rasa_requirements)):
            build(uv, RASA_ENV, find_python_310(uv), rasa_requirements, "Rasa", editable=False)
        if options.browser:
            provide_browser(APP_ENV / "bin" / "python")
    except SetupError as error:
        print(f"\n✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
