"""Which published record is meant: search over names, everyday phrases and questions, in memory.

Three signals over folded n-grams are added: similarity to a record as a whole, to its nearest phrase, and a
linear ranker (ridge regression in closed form) trained on the phrases themselves. A class for "names no record"
competes with the records, so small talk and other agencies' matters are not forced onto the nearest one.
Scores are probabilities: their scale is fitted on leave-one-out predictions of the phrases, which ridge
regression gives in closed form. Building takes well under a second for a hundred records; hashed features of
each text are kept, so publishing one record into thousands recomputes only its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from scipy.optimize import minimize
from sklearn.feature_extraction.text import HashingVectorizer

from bot.domain.meaning import Found, Hit
from knowledge.normalise import normalise_folded

Floats = NDArray[np.float32]

HASH_FEATURES = 2**17
WORD_WEIGHT = 1.0
CHARACTER_WEIGHT = 0.7
RIDGE = 0.6
COMMON = 0.15
"""N-grams in a larger share of the phrases tell records apart too little to be worth the ranker's time."""
RANKER_MAX_PHRASES = 6_000
"""Above so many phrases the ranker's closed form would take seconds; the two similarities serve alone."""
RANKER_PHRASES = 5_000
"""Phrases that name no record are left out of the ranker beyond so many in all; the similarities use every one."""
PROCEDURES_WITH_NEAREST = 40
"""How many of the best records are compared phrase by phrase."""
NONE = ""
"""Label of the phrases that name no record."""
DEFAULT_BLEND = (6.0, 6.0, 6.0, 1.0)

_words = HashingVectorizer(
    analyzer=str.split, n_features=HASH_FEATURES, alternate_sign=False, norm=None, dtype=np.float32
)
_characters = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), lowercase=False, n_features=HASH_FEATURES, alternate_sign=False, norm=None,
    dtype=np.float32,
)  # fmt: skip


def _bigrams(folded: str) -> str:
    words = folded.split()
    return " ".join([*words, *(f"{one}_{two}" for one, two in itertools.pairwise(words))])


def _features(folded: Sequence[str]) -> Any:
    """Counts, words beside characters: (texts, 2 * HASH_FEATURES)."""
    words = _words.transform([_bigrams(text) for text in folded])
    return sparse.hstack([words, _characters.transform(folded)], format="csr", dtype=np.float32)


@lru_cache(maxsize=400_000)
def _row(text: str) -> tuple[NDArray[np.int32], Floats]:
    matrix = _features([normalise_folded(text)])
    return matrix.indices.astype(np.int32), np.asarray(matrix.data, dtype=np.float32)


def _rows(texts: Sequence[str]) -> Any:
    parts = [_row(text) for text in texts]
    indptr = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in parts])])
    indices = np.concatenate([columns for columns, _ in parts]) if parts else np.zeros(0, np.int32)
    data = np.concatenate([values for _, values in parts]) if parts else np.zeros(0, np.float32)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(parts), 2 * HASH_FEATURES))


class SearchIndex:
    """An immutable index; publication builds a new one."""

    def __init__(
        self,
        phrases: Mapping[str, Iterable[str]],
        no_record: Iterable[str] = (),
        foreign: Iterable[str] = (),
        like: SearchIndex | None = None,
    ) -> None:
        """`phrases`: for each record id the texts that mean it; `no_record`: texts that mean none, and `foreign`:
        those that mean a matter of somebody else; `like`: the index this one follows after a publication, whose scale
        is kept, which halves the time."""
        self.ids = sorted(phrases)
        texts: list[str] = []
        owners: list[int] = []
        for number, record in enumerate(self.ids):
            own = sorted(set(phrases[record]))
            texts += own
            owners += [number] * len(own)
        others = len(texts)
        self._foreign: int | None = None
        for group in (no_record, foreign):
            own = sorted(set(group))
            if own:
                number = owners[-1] + 1 if owners else 0
                self._foreign = number if group is foreign else None
                texts += own
                owners += [number] * len(own)
        self._owners = np.asarray(owners, dtype=np.int64)
        self._labels = owners[-1] + 1 if owners else 0
        if not self.ids:
            return
        counts = _rows(texts)
        self._columns = np.unique(counts.indices)
        counts = counts[:, self._columns]
        document_frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        self._idf = (np.log((1 + len(texts)) / (1 + document_frequency)) + 1).astype(np.float32)
        self._idf *= np.where(self._columns < HASH_FEATURES, WORD_WEIGHT, CHARACTER_WEIGHT).astype(np.float32)
        self._phrases = self._weigh(counts)
        member = sparse.csr_matrix(
            (np.ones(len(owners), np.float32), (self._owners, np.arange(len(owners)))),
            shape=(self._labels, len(owners)),
        )
        sums = (member @ self._phrases).tocsr()
        norms = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=1))).ravel()
        self._centroids = sparse.diags(1 / np.maximum(norms, 1e-9)) @ sums
        self._by_feature = self._centroids.T.tocsr()
        self._first_row = np.searchsorted(self._owners, np.arange(self._labels + 1))
        self._ranker: Floats | None = None
        self._blend = np.array(DEFAULT_BLEND)
        if others <= RANKER_MAX_PHRASES:
            self._fit_ranker(self._ranked(len(texts) - others), like)

    def _weigh(self, counts: Any) -> Any:
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self._idf[weighted.indices]
        lengths = np.diff(weighted.indptr)
        squares = np.bincount(
            np.repeat(np.arange(len(lengths)), lengths), weights=weighted.data**2, minlength=len(lengths)
        )
        weighted.data /= np.repeat(np.sqrt(squares), lengths).astype(np.float32)
        return weighted

    def _ranked(self, none: int) -> NDArray[np.int64]:
        """The rows the ranker learns from: all that mean a record, and of the others an even share."""
        records = len(self._owners) - none
        kept = min(none, max(RANKER_PHRASES - records, none // 4))
        return np.concatenate([np.arange(records), records + np.linspace(0, none - 1, kept).astype(np.int64)])

    def _fit_ranker(self, ranked: NDArray[np.int64], like: SearchIndex | None) -> None:
        """Ridge regression in its dual form; the blend of the signals on leave-one-out predictions, or taken over
        from an index much like this one."""
        phrases, owners = self._phrases[ranked], self._owners[ranked]
        common = np.bincount(phrases.indices, minlength=phrases.shape[1]) > COMMON * len(owners)
        rows = phrases @ sparse.diags(np.where(common, 0.0, 1.0).astype(np.float32))
        rows.eliminate_zeros()
        gram = np.asarray((rows @ rows.T).todense(), dtype=np.float32)
        targets = np.zeros((len(owners), self._labels), np.float32)
        targets[np.arange(len(owners)), owners] = 1
        share = targets.mean(axis=0)
        regularised = gram.copy()
        regularised[np.diag_indices_from(regularised)] += RIDGE
        factor, _ = lapack.spotrf(regularised, lower=1, overwrite_a=1)
        dual, _ = lapack.spotrs(factor, targets - share, lower=1)
        self._ranker = np.asarray(rows.T @ dual, dtype=np.float32)
        self._ranker_bias = share
        if like is not None and like._ranker is not None:
            self._blend = like._blend
            return
        inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
        left_out = targets - dual / np.diag(inverse)[:, None]

        np.fill_diagonal(gram, 0.0)
        first_row = np.searchsorted(owners, np.arange(self._labels + 1))
        starts = first_row[:-1]
        nearest = np.maximum.reduceat(gram, starts, axis=1)
        sums = np.add.reduceat(gram, starts, axis=1)
        inner = np.add.reduceat(np.add.reduceat(gram, starts, axis=0), starts, axis=1).diagonal()
        sizes = np.diff(first_row)
        similarity = sums / np.sqrt(np.maximum(inner + sizes, 1e-9))[None, :]
        self._fit_blend(np.stack([similarity, nearest, left_out]), owners)

    def _fit_blend(self, signals: Any, owners: Any) -> None:
        rows = np.arange(len(owners))

        def loss(blend: Any) -> tuple[float, Any]:
            scores = np.tensordot(blend[:3], signals, axes=1)
            scores -= scores.max(axis=1, keepdims=True)
            powers = np.exp(scores)
            chances = powers / powers.sum(axis=1, keepdims=True)
            value = -np.mean(np.log(chances[rows, owners] + 1e-12))
            chances[rows, owners] -= 1
            gradient = np.array([np.mean(np.sum(chances * signal, axis=1)) for signal in signals])
            return float(value), np.concatenate([gradient, [0.0]])

        fitted = minimize(loss, np.array(DEFAULT_BLEND), jac=True, method="L-BFGS-B", bounds=[(0, 60)] * 3 + [(1, 1)])
        self._blend = fitted.x

    def find(self, text: str, limit: int = 10) -> Found:
        """The records meant by the text, best first. Under a millisecond for a hundred records."""
        if not self.ids:
            return Found()
        matrix = _features([normalise_folded(text)])
        places = np.searchsorted(self._columns, matrix.indices)
        places[places == len(self._columns)] = 0
        known = self._columns[places] == matrix.indices
        columns = places[known]
        if not len(columns):
            return Found()
        weights = (1 + np.log(matrix.data[known])) * self._idf[columns]
        unknown = matrix.data[~known]
        length = float(
            np.sqrt(np.sum(weights**2) + np.sum((1 + np.log(unknown)) ** 2) * float(self._idf.max()) ** 2 * 0.25)
        )
        weights = (weights / length).astype(np.float32)
        query = sparse.csr_matrix((weights, columns, [0, len(columns)]), shape=(1, len(self._columns)))
        similarity = np.asarray((query @ self._by_feature).todense()).ravel()
        signals = self._blend[0] * similarity
        candidates = np.arange(self._labels)
        if self._labels > PROCEDURES_WITH_NEAREST * 4:
            candidates = np.argpartition(-similarity, PROCEDURES_WITH_NEAREST)[:PROCEDURES_WITH_NEAREST]
        dense = np.zeros(len(self._columns), np.float32)
        dense[columns] = weights
        nearest = np.zeros(self._labels, np.float32)
        if len(candidates) == self._labels:
            nearest = np.maximum.reduceat(self._phrases @ dense, self._first_row[:-1])
        else:
            for label in candidates:
                rows = self._phrases[self._first_row[label] : self._first_row[label + 1]]
                nearest[label] = (rows @ dense).max()
        signals = signals + self._blend[1] * nearest
        if self._ranker is not None:
            signals = signals + self._blend[2] * (weights @ self._ranker[columns] + self._ranker_bias)
        signals = signals - signals.max()
        powers = np.exp(signals)
        chances = powers / powers.sum()
        none = float(chances[len(self.ids) :].sum())
        foreign = float(chances[self._foreign]) if self._foreign is not None else 0.0
        best = np.argsort(-chances[: len(self.ids)])[:limit]
        return Found(tuple(Hit(self.ids[at], float(chances[at])) for at in best), none, foreign)
