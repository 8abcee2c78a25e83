"""Texts that say nearly the same: groups of them, and near-copies of what is known. In memory, for a thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from knowledge.normalise import fold, normalise_folded

SIMILAR = 0.55
"""Cosine of two texts of one group."""
NEAR_COPY = 0.7
"""Jaccard similarity of character 3-grams from which on a text says nothing new."""
_FEATURES = 2**18
_counter = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), lowercase=False, n_features=_FEATURES, alternate_sign=False, norm=None,
    dtype=np.float32,
)  # fmt: skip


@lru_cache(maxsize=50_000)
def _counts(text: str) -> Any:
    return _counter.transform([normalise_folded(text)])


def grouped(leaders: Sequence[tuple[int, str]], texts: Sequence[str]) -> list[int | None]:
    """For each text the id of the leader whose group it belongs to; None begins a group, which later texts of the
    list join by its place, as `-1 - place`."""
    if not texts:
        return []
    rows = sparse.vstack([_counts(text) for text in [*(text for _, text in leaders), *texts]], format="csr")
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(rows)
    old, new = vectors[: len(leaders)], vectors[len(leaders) :]
    found: list[int | None] = []
    begun: list[int] = []
    to_old = np.asarray((new @ old.T).todense()) if leaders else np.zeros((len(texts), 0), np.float32)
    to_new = np.asarray((new @ new.T).todense())
    for place in range(len(texts)):
        best_old = int(to_old[place].argmax()) if leaders else -1
        best_new = max(begun, key=lambda one: to_new[place, one], default=-1)
        likeness_old = to_old[place, best_old] if leaders else 0.0
        likeness_new = to_new[place, best_new] if begun else 0.0
        if max(likeness_old, likeness_new) < SIMILAR:
            begun.append(place)
            found.append(None)
        else:
            found.append(leaders[best_old][0] if likeness_old >= likeness_new else -1 - best_new)
    return found


class Known:
    """Texts that are known already, each with where it stands, to find near-copies of."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._places: list[str] = []
        self._index: dict[str, int] = {}
        rows: list[int] = []
        columns: list[int] = []
        for row, (place, text) in enumerate(texts):
            self._places.append(place)
            for gram in _grams(text):
                rows.append(row)
                columns.append(self._index.setdefault(gram, len(self._index)))
        shape = (len(self._places), max(1, len(self._index)))
        self._matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
        self._sizes: NDArray[np.float32] = np.asarray(self._matrix.sum(axis=1)).ravel()

    def near(self, text: str) -> str | None:
        """Where the likest text stands, when it is a near-copy."""
        if not self._places:
            return None
        grams = _grams(text)
        column = np.zeros(self._matrix.shape[1], np.float32)
        column[[self._index[gram] for gram in grams if gram in self._index]] = 1
        common = self._matrix @ column
        likeness = common / np.maximum(self._sizes + len(grams) - common, 1)
        best = int(likeness.argmax())
        return self._places[best] if likeness[best] >= NEAR_COPY else None


def _grams(text: str) -> set[str]:
    plain = " ".join(re.findall(r"\w+", fold(text))) or text.strip()
    return {plain[start : start + 3] for start in range(max(1, len(plain) - 2))}


def near_copies(one: str, other: str) -> bool:
    left, right = _grams(one), _grams(other)
    return len(left & right) / max(1, len(left | right)) >= NEAR_COPY
