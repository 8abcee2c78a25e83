"""What the repository holds for training, search and evaluation, read once."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import sparse

from knowledge.normalise import fold

ROOT = Path(__file__).resolve().parent.parent.parent
TRAINING = ROOT / "nlu" / "rasa" / "data"
TAILS = ROOT / "nlu" / "rasa" / "components" / "tails.py"
EVALUATION = ROOT / "tests" / "evaluation"
CALIBRATION = ROOT / "nlu" / "calibration" / "messages.jsonl"
PROCEDURES = ROOT / "knowledge" / "content" / "procedures"
PHRASES = ROOT / "knowledge" / "content" / "phrases.tsv"
NEAR = 0.7
_CHUNK = 200
Texts = list[tuple[str, str]]
"""(where it is, the text)"""


@lru_cache(maxsize=1)
def training_examples() -> dict[str, list[str]]:
    """Examples by intent."""
    found: dict[str, list[str]] = {}
    for file in sorted(TRAINING.glob("*.yml")):
        for part in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = part["examples"].splitlines()
            found.setdefault(part["intent"], []).extend(line.removeprefix("- ").strip() for line in lines if line)
    return found


@lru_cache(maxsize=1)
def evaluation_lines() -> list[dict[str, Any]]:
    rows = [row for file in sorted(EVALUATION.glob("*.jsonl")) for row in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(row) for row in rows if row.strip()]


def evaluation_texts() -> Texts:
    return [(line["id"], text) for line in evaluation_lines() for text in [line["text"], *line.get("context", [])]]


def training_texts() -> Texts:
    """The examples, and the questions that training joins to some of them."""
    return [(f"{intent} {number}", text) for found in (training_examples(), question_tails())
            for intent, texts in found.items() for number, text in enumerate(texts, 1)]  # fmt: skip


def question_tails() -> dict[str, list[str]]:
    """By intent; read without running the module, which belongs to Rasa's environment."""
    tree = ast.parse(TAILS.read_text(encoding="utf-8"))
    value = next(node.value for node in tree.body if isinstance(node, ast.AnnAssign))
    assert value is not None
    return {intent: list(texts) for intent, texts in ast.literal_eval(value).items()}


def procedure_texts() -> Texts:
    found: Texts = []
    for file in sorted(PROCEDURES.glob("*.yaml")):
        record = yaml.safe_load(file.read_text(encoding="utf-8"))
        questions = [one["question"] for one in record["common_questions"]]
        for field, texts in (("citizen_phrases", record["citizen_phrases"]), ("common_questions", questions)):
            found += [(f"{file.stem} {field} {number}", text) for number, text in enumerate(texts, 1)]
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    found += [(f"phrases.tsv {number}", line.split("\t")[1]) for number, line in enumerate(lines, 1) if line[0] != "#"]
    return found


def calibration_texts() -> Texts:
    lines = CALIBRATION.read_text(encoding="utf-8").splitlines()
    return [(f"calibration {number}", json.loads(line)["text"]) for number, line in enumerate(lines, 1)]


def bare(text: str) -> str:
    """Words only, folded: what two copies have in common whatever their spelling marks."""
    return " ".join(re.findall(r"\w+", fold(text))) or text.strip()


def grams(text: str) -> set[str]:
    plain = bare(text)
    return {plain[start : start + 3] for start in range(max(1, len(plain) - 2))}


def near_copies(texts: Texts, others: Texts, threshold: float = NEAR) -> list[tuple[int, int, float]]:
    """Pairs (place in `texts`, place in `others`, Jaccard similarity of their 3-grams) at or above the threshold."""
    index: dict[str, int] = {}
    left, right = _matrix(texts, index), _matrix(others, index)
    width = len(index)
    left.resize((len(texts), width))
    right.resize((len(others), width))
    sizes = np.asarray(right.sum(axis=1)).ravel()
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(texts), _CHUNK):
        part = left[start : start + _CHUNK]
        common = (part @ right.T).tocoo()
        own = np.asarray(part.sum(axis=1)).ravel()
        similarity = common.data / (own[common.row] + sizes[common.col] - common.data)
        found += [
            (start + int(common.row[place]), int(common.col[place]), float(similarity[place]))
            for place in np.flatnonzero(similarity >= threshold)
        ]
    return found


def _matrix(texts: Sequence[tuple[str, str]], index: dict[str, int]) -> sparse.csr_matrix:
    rows, columns = [], []
    for row, (_, text) in enumerate(texts):
        for gram in grams(text):
            rows.append(row)
            columns.append(index.setdefault(gram, len(index)))
    data = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((data, (rows, columns)), shape=(len(texts), len(index)))
