"""Rasa component: intents by TF-IDF over normalised Vietnamese and one linear model.

Training uses scikit-learn; a message is classified with dictionary look-ups and one numpy product, which costs
about a tenth of a millisecond where Rasa's stock featurizers and classifier cost two. The text is read through
`knowledge.normalise`, the same function the application uses, so that a message without diacritics, with Telex
slips or chat spelling looks like its clean form. Folded n-grams carry the decision; words with their diacritics
are added beside them, and every training example is also shown folded, so the model does not lean on accents, and
cases are shown with the questions citizens end them with.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from knowledge.normalise import fold, normalise
from nlu.rasa.components.tails import TAILS

RANKING_LENGTH = 10
CASES = "procedure_overview"
"""Examples of this intent tell a case; joined to a question of TAILS they are examples of its aspect."""
FOREIGN = "out_of_scope"
TAILS_A_CASE, TAILS_A_FOREIGN = 2, 0.5
"""How many questions are joined to each example of the two, or to which share of them."""


def features(text: str, config: dict[str, Any]) -> list[str]:
    """The n-grams of a message: folded words (also two with one between them, the first and the last ones: a question's
    aspect stands at its end), folded characters inside words, and accented words."""
    accented = normalise(text)
    folded = fold(accented)
    words = folded.split()
    found = ["w:" + word for word in words]
    found += [f"w:{one} {two}" for one, two in itertools.pairwise(words)]
    found += [f"k:{one} {two}" for one, two in zip(words, words[2:], strict=False)]
    if words:
        found += [f"p:{words[0]}", f"n:{min(len(words), 4)}"]
        found += [f"s:{' '.join(words[:size])}" for size in (2, 3)]
        found += [f"e:{word}" for word in words[-4:]] + [f"e:{' '.join(words[-size:])}" for size in (2, 3)]
    shortest, longest = config["min_ngram"], config["max_ngram"]
    for word in words:
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            found += ["c:" + padded[at : at + size] for at in range(len(padded) - size + 1)]
    if config["accents"] and accented != folded:
        marked = accented.split()
        found += ["a:" + word for word in marked]
        found += [f"a:{one} {two}" for one, two in itertools.pairwise(marked)]
    return found


def with_typos(text: str, dice: random.Random) -> str:
    """The folded text with one or two letters dropped, doubled or swapped, as fingers do."""
    letters = list(fold(normalise(text)))
    for _ in range(1 + len(letters) // 25):
        at = dice.randrange(len(letters)) if letters else 0
        if len(letters) < 4 or letters[at] == " ":
            continue
        action = dice.randrange(3)
        if action == 0:
            del letters[at]
        elif action == 1:
            letters.insert(at, letters[at])
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def with_tails(texts: list[str], intents: list[str], dice: random.Random) -> list[tuple[str, str]]:
    """Cases with a question at their end, as (text, intent): what is asked last is what is asked. A matter of somebody
    else stays one whatever is asked about it."""
    asked = [aspect for aspect in TAILS if aspect in {*intents} - {CASES}]
    found = []
    for text, intent in zip(texts, intents, strict=True):
        times = TAILS_A_CASE if intent == CASES else int(intent == FOREIGN and dice.random() < TAILS_A_FOREIGN)
        for _ in range(times if asked else 0):
            aspect = dice.choice(asked if intent == CASES else list(TAILS))
            joined = f"{normalise(text)} {dice.choice(TAILS[aspect])}"
            found.append((joined if dice.random() < 0.5 else fold(joined), aspect if intent == CASES else intent))
    return found


class LinearModel:
    """Feature weights for each intent and the temperature that makes scores into confidences."""

    def __init__(
        self,
        config: dict[str, Any],
        vocabulary: dict[str, int],
        idf: Any,
        weights: Any,
        bias: Any,
        labels: list[str],
        temperature: float,
    ) -> None:
        self.config = config
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.bias = bias
        self.labels = labels
        self.temperature = temperature

    def confidences(self, text: str) -> Any:
        counts = Counter(self.vocabulary[name] for name in features(text, self.config) if name in self.vocabulary)
        scores = self.bias
        if counts:
            columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
            values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.idf[
                columns
            ]
            values /= np.linalg.norm(values)
            scores = values @ self.weights[columns] + self.bias
        shifted = (scores - scores.max()) * self.temperature
        powers = np.exp(shifted)
        return powers / powers.sum()


def _matrix(rows: list[list[str]], vocabulary: dict[str, int], idf: Any) -> Any:
    indptr, indices, values = [0], [], []
    for row in rows:
        counts = Counter(vocabulary[name] for name in row if name in vocabulary)
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        weights = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * idf[columns]
        norm = np.linalg.norm(weights)
        indices.append(columns)
        values.append(weights / norm if norm else weights)
        indptr.append(indptr[-1] + len(columns))
    return sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(indices), np.array(indptr)),
        shape=(len(rows), len(vocabulary)),
    )


def _fitted(config: dict[str, Any], labels: list[str], matrix: Any, numbers: Any) -> tuple[Any, Any]:
    """Weights (labels, features) and bias of the estimator. Rare intents weigh more, but not as much as would make all
    equal: the more varied an intent, the more examples it has. `heavier` names intents whose recall matters beyond
    that. The support vector machines, each one intent against the others, are fitted on all cores."""
    sizes = np.bincount(numbers, minlength=len(labels))
    weights = {
        at: float((len(numbers) / (len(labels) * size)) ** config["balance"] * config["heavier"].get(labels[at], 1.0))
        for at, size in enumerate(sizes)
        if size
    }
    common = {"C": config["C"], "random_state": config["seed"]}
    if config["estimator"] == "logistic":
        estimator = LogisticRegression(max_iter=300, class_weight=weights, **common).fit(matrix, numbers)
        return estimator.coef_, estimator.intercept_

    def against_others(at: int) -> Any:
        machine = LinearSVC(tol=config["tolerance"], max_iter=3000, class_weight={True: weights[at]}, **common)
        return machine.fit(matrix, numbers == at)

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # liblinear lets go of the interpreter's lock
        machines = list(threads.map(against_others, range(len(labels))))
    return np.vstack([one.coef_ for one in machines]), np.concatenate([one.intercept_ for one in machines])


def train_model(texts: list[str], intents: list[str], config: dict[str, Any]) -> LinearModel:
    """Fits the model; the temperature comes from predictions for clean examples kept back from a first fit."""
    dice = random.Random(config["seed"])
    labels = sorted(set(intents))
    numbers = np.array([labels.index(intent) for intent in intents])
    variants = list(zip(texts, intents, strict=True))
    if config["augment"]:
        plain = [(fold(normalise(text)), intent) for text, intent in zip(texts, intents, strict=True)]
        variants += [one for one, text in zip(plain, texts, strict=True) if one[0] != normalise(text)]
        variants += [(with_typos(text, dice), intent) for text, intent in zip(texts, intents, strict=True)]
        variants += with_tails(texts, intents, dice)
    rows = [features(text, config) for text, _ in variants]
    every = np.array([labels.index(intent) for _, intent in variants])
    frequency = Counter(name for row in rows for name in set(row))
    vocabulary = {
        name: at for at, name in enumerate(sorted(n for n, times in frequency.items() if times >= config["min_df"]))
    }
    idf = np.array([np.log((1 + len(rows)) / (1 + frequency[name])) + 1.0 for name in vocabulary])
    matrix = _matrix(rows, vocabulary, idf)
    clean = np.arange(len(texts))
    learn, kept_back = train_test_split(
        clean, test_size=config["kept_back"], stratify=numbers, random_state=config["seed"]
    )
    weights, bias = _fitted(config, labels, matrix[learn], numbers[learn])
    scores = matrix[kept_back] @ weights.T + bias

    def loss(temperature: float) -> float:
        scaled = scores * temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        return float(
            np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(kept_back)), numbers[kept_back]])
        )

    temperature = float(minimize_scalar(loss, bounds=(0.3, 30.0), method="bounded").x)
    weights, bias = _fitted(config, labels, matrix, every)
    return LinearModel(
        config,
        vocabulary,
        idf.astype(np.float32),
        np.ascontiguousarray(weights.T, dtype=np.float32),
        bias.astype(np.float32),
        labels,
        temperature,
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class VietnameseLinearClassifier(GraphComponent, IntentClassifier):
    """Intent classifier: see the module's description."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "estimator": "svm",
            "C": 2.0,
            "balance": 0.5,
            "heavier": {"out_of_scope": 3.0},
            "tolerance": 0.1,
            "seed": 42,
            "kept_back": 0.2,
            "min_df": 2,
            "min_ngram": 2,
            "max_ngram": 4,
            "accents": True,
            "augment": True,
        }

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        model: LinearModel | None = None,
    ):
        self.config = config
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> VietnameseLinearClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        self._model = train_model(
            [message.get(TEXT) for message in examples],
            [message.get(INTENT) for message in examples],
            self.config,
        )
        with self._storage.write_to(self._resource) as folder:
            model = self._model
            np.savez(folder / "weights.npz", idf=model.idf, weights=model.weights, bias=model.bias)
            description = {
                "vocabulary": list(model.vocabulary),
                "labels": model.labels,
                "temperature": model.temperature,
            }
            (folder / "model.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> VietnameseLinearClassifier:
        with model_storage.read_from(resource) as folder:
            arrays = np.load(folder / "weights.npz")
            described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            vocabulary = {name: at for at, name in enumerate(described["vocabulary"])}
            model = LinearModel(
                config,
                vocabulary,
                arrays["idf"],
                arrays["weights"],
                arrays["bias"],
                described["labels"],
                described["temperature"],
            )
        return cls(config, model_storage, resource, model)

    def process(self, messages: list[Message]) -> list[Message]:
        assert self._model is not None  # noqa: S101
        for message in messages:
            confidences = self._model.confidences(message.get(TEXT) or "")
            ranking = [
                {"name": self._model.labels[at], "confidence": float(confidences[at])}
                for at in np.argsort(-confidences)[:RANKING_LENGTH]
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
