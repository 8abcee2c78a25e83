"""Compares pipelines on the same data: a held-out fifth of the training examples, and the evaluation set per
register. Run with the Rasa environment's Python: `make compare`.

Every pipeline is trained by Rasa itself on the same four fifths of the examples (fixed seed); the figures are
intent accuracies of the model alone, without the rules and the search. Milliseconds are per message in the process.
"""

import asyncio
import json
import logging
import random
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import rasa.shared.utils.io  # noqa: E402
import structlog  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.model_training import train_nlu  # noqa: E402
from rasa.shared.nlu.training_data.loading import load_data  # noqa: E402

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

HERE = Path(__file__).parent
EVALUATION = HERE.parents[1] / "tests" / "evaluation"
SEED = 42
HELD_OUT = 0.2

OWN = {"name": "nlu.rasa.components.linear.VietnameseLinearClassifier", "seed": SEED}
WORDS = {"name": "CountVectorsFeaturizer"}
CHARACTERS = {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4}
FOLDED = {"strip_accents": "unicode"}
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "stock logistic regression": [
        {"name": "WhitespaceTokenizer"}, WORDS, CHARACTERS,
        {"name": "LogisticRegressionClassifier", "random_state": SEED},
    ],
    "the same, folded": [
        {"name": "WhitespaceTokenizer"}, {**WORDS, **FOLDED}, {**CHARACTERS, **FOLDED},
        {"name": "LogisticRegressionClassifier", "random_state": SEED},
    ],
    "stock DIET, 15 epochs": [
        {"name": "WhitespaceTokenizer"}, {"name": "LexicalSyntacticFeaturizer"}, WORDS, CHARACTERS,
        {"name": "DIETClassifier", "epochs": 15, "entity_recognition": False, "random_seed": SEED},
    ],
    "own, folded only": [{**OWN, "accents": False, "augment": False}],
    "own, folded and accents": [{**OWN, "accents": True, "augment": False}],
    "own, augmented, intents weighed equal": [{**OWN, "balance": 1.0, "heavier": {}}],
    "own, augmented": [OWN],
}  # fmt: skip


def split() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    examples = [(one.get("text"), one.get("intent")) for one in load_data(str(HERE / "data")).intent_examples]
    random.Random(SEED).shuffle(examples)
    cut = int(len(examples) * HELD_OUT)
    return examples[cut:], examples[:cut]


def evaluation() -> list[dict[str, Any]]:
    rows = [json.loads(line) for file in sorted(EVALUATION.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return [row for row in rows if not row.get("context") and {"intent", "intent_any"} & set(row["expect"])]


def write_project(folder: Path, pipeline: list[dict[str, Any]], examples: list[tuple[str, str]]) -> None:
    by_intent = defaultdict(list)
    for text, intent in examples:
        by_intent[intent].append(text)
    data = {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "\n".join(f"- {text}" for text in texts)}
            for intent, texts in by_intent.items()
        ],
    }
    config = {"recipe": "default.v1", "assistant_id": "compare", "language": "vi", "pipeline": pipeline}
    rasa.shared.utils.io.write_yaml(data, folder / "nlu.yml")
    rasa.shared.utils.io.write_yaml(config, folder / "config.yml")


async def measure(name: str, pipeline: list[dict[str, Any]]) -> None:
    train, held_out = split()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_project(folder, pipeline, train)
        started = time.perf_counter()
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "models"))
        trained = time.perf_counter() - started
        agent = Agent.load(model)

        async def intent_of(text: str) -> str:
            return (await agent.parse_message(text))["intent"]["name"]

        own = sum([await intent_of(text) == intent for text, intent in held_out]) / len(held_out)
        registers: dict[str, list[bool]] = defaultdict(list)
        rows = evaluation()
        started = time.perf_counter()
        for row in rows:
            right = row["expect"].get("intent_any") or [row["expect"]["intent"]]
            registers[row["register"]].append(await intent_of(row["text"]) in right)
        per_message = (time.perf_counter() - started) * 1000 / len(rows)
    everything = [hit for hits in registers.values() for hit in hits]
    shown = "  ".join(f"{register} {sum(hits) / len(hits):.3f}" for register, hits in sorted(registers.items()))
    print(  # noqa: T201
        f"{name:36} held out {own:.3f}  evaluation {sum(everything) / len(everything):.3f}  {shown}  "
        f"{per_message:.2f} ms  trained in {trained:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    for pipeline_name, components in PIPELINES.items():
        asyncio.run(measure(pipeline_name, components))
