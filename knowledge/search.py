"""Which published record is meant: search over names, everyday phrases and questions, in memory.

Three signals over folded n-grams are added: similarity to a record as a whole, to its nearest phrase, and a
linear ranker (ridge regression in closed form) trained on the phrases themselves. Classes for "names no record" and
"a matter of somebody else" compete with the records, so those are not forced onto the nearest one.
Scores are probabilities: their scale is fitted on phrases kept back. After a publication the scale is taken over and
the index stands again within a second for a hundred records; hashed features of each text are kept, so publishing
one record into thousands recomputes only its own.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from scipy.optimize import minimize
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

from bot.domain.meaning import Found, Hit
from knowledge.normalise import normalise_folded

Floats = NDArray[np.float32]

HASH_FEATURES = 2**17
WORD_WEIGHT = 1.0
CHARACTER_WEIGHT = 0.7
RIDGE = 0.3
COMMON = 0.15
"""N-grams in a larger share of the phrases tell records apart too little to be worth the ranker's time."""
RANKER_FEATURES = 5_000
"""The ranker learns from so many n-grams, the most frequent ones: its time grows with the cube of them."""
RANKER_MAX_RECORDS = 500
"""Above so many records the ranker would take seconds; the two similarities serve alone."""
BLEND_PHRASES = 1_000
"""About so many phrases are kept back, a part at a time, while the blend of the signals is fitted."""
BLEND_PARTS = 4
DEFAULT_BLEND = (6.0, 6.0, 6.0)

_words = HashingVectorizer(
    analyzer=str.split, n_features=HASH_FEATURES, alternate_sign=False, norm=None, dtype=np.float32
)
_characters = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), lowercase=False, n_features=HASH_FEATURES, alternate_sign=False, norm=None,
    dtype=np.float32,
)  # fmt: skip
_in_characters = _characters.build_analyzer()


def _bigrams(folded: str) -> str:
    words = folded.split()
    return " ".join([*words, *(f"{one}_{two}" for one, two in itertools.pairwise(words))])


def _features(folded: Sequence[str]) -> Any:
    """Counts, words beside characters: (texts, 2 * HASH_FEATURES)."""
    words = _words.transform([_bigrams(text) for text in folded])
    return sparse.hstack([words, _characters.transform(folded)], format="csr", dtype=np.float32)


def _counted(folded: str) -> tuple[NDArray[np.int64], Floats]:
    """Columns and counts of one text as `_features` gives them, without the cost of matrices of one row."""
    counts = Counter(_column(token) for token in _bigrams(folded).split())
    counts.update(HASH_FEATURES + _column(token) for token in _in_characters(folded))
    columns = np.array(sorted(counts), dtype=np.int64)
    return columns, np.array([counts[column] for column in columns.tolist()], dtype=np.float32)


def _column(token: str) -> int:
    """As sklearn.feature_extraction.FeatureHasher places it."""
    return int(abs(murmurhash3_32(token.encode()))) % HASH_FEATURES


KEPT_TEXTS = 400_000
_kept: dict[str, tuple[NDArray[np.int32], Floats]] = {}
"""Columns and counts of texts seen before."""


def _read(texts: Sequence[str]) -> dict[str, tuple[NDArray[np.int32], Floats]]:
    """Columns and counts of at least these texts. New ones are read together: one by one costs five times as much."""
    global _kept
    new = [text for text in dict.fromkeys(texts) if text not in _kept]
    if len(_kept) + len(new) > KEPT_TEXTS:
        _kept, new = {}, list(dict.fromkeys(texts))
    known = _kept
    if new:
        matrix = _features([normalise_folded(text) for text in new])
        for number, text in enumerate(new):
            own = slice(matrix.indptr[number], matrix.indptr[number + 1])
            known[text] = matrix.indices[own].astype(np.int32), np.asarray(matrix.data[own], dtype=np.float32)
    return known


def _rows(texts: Sequence[str]) -> Any:
    known = _read(texts)
    parts = [known[text] for text in texts]
    indptr = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in parts])])
    indices = np.concatenate([columns for columns, _ in parts]) if parts else np.zeros(0, np.int32)
    data = np.concatenate([values for _, values in parts]) if parts else np.zeros(0, np.float32)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(parts), 2 * HASH_FEATURES))


def _norms(phrases: Any, owners: Any, labels: int) -> Floats:
    """The length of the sum of each label's phrases."""
    member = sparse.csr_matrix(
        (np.ones(len(owners), np.float32), (owners, np.arange(len(owners)))), shape=(labels, len(owners))
    )
    sums = (member @ phrases).tocsr()
    lengths = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=1))).ravel()
    return np.asarray(np.maximum(lengths, 1e-9), dtype=np.float32)


def _ridge(phrases: Any, owners: Any, labels: int) -> tuple[Floats, Floats]:
    """Ridge regression onto the labels over the most frequent n-grams: weights (features, labels) and bias."""
    frequency = np.bincount(phrases.indices, minlength=phrases.shape[1])
    frequency[frequency > COMMON * len(owners)] = 0
    chosen = np.sort(np.argsort(-frequency, kind="stable")[:RANKER_FEATURES])
    rows = phrases[:, chosen]
    gram = np.asarray((rows.T @ rows).todense(), dtype=np.float32)
    gram[np.diag_indices_from(gram)] += RIDGE
    targets = np.zeros((len(owners), labels), np.float32)
    targets[np.arange(len(owners)), owners] = 1
    share = targets.mean(axis=0)
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    solved, _ = lapack.spotrs(factor, np.asarray(rows.T @ (targets - share), dtype=np.float32), lower=1)
    weights = np.zeros((phrases.shape[1], labels), np.float32)
    weights[chosen] = solved
    return weights, share


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
        self._first_row = np.searchsorted(self._owners, np.arange(self._labels))
        self._postings = self._phrases.T.tocsr()
        self._norms = _norms(self._phrases, self._owners, self._labels)
        self._ranker: tuple[Floats, Floats] | None = None
        self._blend = np.array(DEFAULT_BLEND)
        if len(self.ids) <= RANKER_MAX_RECORDS:
            self._ranker = _ridge(self._phrases, self._owners, self._labels)
            self._blend = like._blend if like is not None and like._ranker else self._fitted_blend()

    def _weigh(self, counts: Any) -> Any:
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self._idf[weighted.indices]
        lengths = np.diff(weighted.indptr)
        squares = np.bincount(
            np.repeat(np.arange(len(lengths)), lengths), weights=weighted.data**2, minlength=len(lengths)
        )
        weighted.data /= np.repeat(np.sqrt(squares), lengths).astype(np.float32)
        return weighted

    def _fitted_blend(self) -> Any:
        """How much each signal counts: fitted on phrases that the signals were made without."""
        if len(self._owners) < BLEND_PARTS * self._labels:
            return np.array(DEFAULT_BLEND)
        stride = max(1, len(self._owners) // BLEND_PHRASES)
        sample = np.arange(0, len(self._owners), stride)
        parts = 1 if stride > BLEND_PARTS else BLEND_PARTS
        found = [self._signals_without(sample[part::parts]) for part in range(parts)]
        signals = np.concatenate(found, axis=1)
        meant = np.concatenate([self._owners[sample[part::parts]] for part in range(parts)])
        at = np.arange(len(meant))

        def loss(blend: Any) -> tuple[float, Any]:
            scores = np.tensordot(blend, signals, axes=1)
            scores -= scores.max(axis=1, keepdims=True)
            powers = np.exp(scores)
            chances = powers / powers.sum(axis=1, keepdims=True)
            value = -np.mean(np.log(chances[at, meant] + 1e-12))
            chances[at, meant] -= 1
            return float(value), np.array([np.mean(np.sum(chances * signal, axis=1)) for signal in signals])

        return minimize(loss, np.array(DEFAULT_BLEND), jac=True, method="L-BFGS-B", bounds=[(0, 60)] * 3).x

    def _signals_without(self, kept_back: Any) -> Any:
        """The three signals (3, phrases, labels) for phrases kept back, made from all others."""
        others = np.setdiff1d(np.arange(len(self._owners)), kept_back)
        rows, owners, asked = self._phrases[others], self._owners[others], self._phrases[kept_back]
        present = np.unique(owners)
        nearest, similarity = np.zeros((2, len(kept_back), self._labels), np.float32)
        products = np.asarray((asked @ rows.T).todense())
        starts = np.searchsorted(owners, present)
        nearest[:, present] = np.maximum.reduceat(products, starts, axis=1)
        similarity[:, present] = np.add.reduceat(products, starts, axis=1)
        similarity /= _norms(rows, owners, self._labels)
        weights, bias = _ridge(rows, owners, self._labels)
        return np.stack([similarity, nearest, asked @ weights + bias])

    def find(self, text: str, limit: int = 10) -> Found:
        """The records meant by the text, best first. Under a millisecond for a hundred records."""
        if not self.ids:
            return Found()
        asked, counts = _counted(normalise_folded(text))
        places = np.searchsorted(self._columns, asked)
        places[places == len(self._columns)] = 0
        known = self._columns[places] == asked
        columns = places[known]
        if not len(columns):
            return Found()
        weights = (1 + np.log(counts[known])) * self._idf[columns]
        unknown = counts[~known]
        length = float(
            np.sqrt(np.sum(weights**2) + np.sum((1 + np.log(unknown)) ** 2) * float(self._idf.max()) ** 2 * 0.25)
        )
        weights = (weights / length).astype(np.float32)
        products = self._postings[columns].T @ weights
        similarity = np.add.reduceat(products, self._first_row) / self._norms
        nearest = np.maximum.reduceat(products, self._first_row)
        signals = self._blend[0] * similarity + self._blend[1] * nearest
        if self._ranker is not None:
            signals = signals + self._blend[2] * (weights @ self._ranker[0][columns] + self._ranker[1])
        signals = signals - signals.max()
        powers = np.exp(signals)
        chances = powers / powers.sum()
        none = float(chances[len(self.ids) :].sum())
        foreign = float(chances[self._foreign]) if self._foreign is not None else 0.0
        best = np.argsort(-chances[: len(self.ids)])[:limit]
        return Found(tuple(Hit(self.ids[at], float(chances[at])) for at in best), none, foreign)
