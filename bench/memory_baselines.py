"""What others do with the same turns and the same vectors: BM25, reciprocal rank fusion, mem0's sum.

Formulas only, on one dialogue, in plain numpy: no product of theirs runs here. All get the same index terms as ours
(stemmed, without stop words, the speaker's name included), which is more than most do.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.memory.text import terms

Scores = NDArray[np.float64]
Ranker = Callable[[str, "NDArray[np.float32] | None"], Scores]


class Plain:
    """The turns of one dialogue. texts: with the speaker's name; vectors: shape [turns, 384], of length 1, or None."""

    def __init__(self, texts: Sequence[str], vectors: NDArray[np.float32] | None) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        lengths = np.array([counts.total() for counts in self._counts], np.float64)
        self._damping = 1.2 * (1 - 0.75 + 0.75 * lengths / lengths.mean())
        self._vectors = vectors

    def bm25(self, question: str) -> Scores:
        """Okapi BM25 of single turns, k1 1.2, b .75."""
        scores = np.zeros(len(self._counts))
        for word in dict.fromkeys(terms(question)):
            often = np.array([counts[word] for counts in self._counts], np.float64)
            holding = np.count_nonzero(often)
            rarity = np.log1p((len(often) - holding + 0.5) / (holding + 0.5))
            scores += rarity * often * 2.2 / (often + self._damping)
        return scores

    def cosine(self, vector: NDArray[np.float32]) -> Scores:
        """Cosine of each turn."""
        if self._vectors is None:
            raise ValueError("no vectors")
        return (self._vectors @ vector).astype(np.float64)

    def fused(self, question: str, vector: NDArray[np.float32] | None, constant: int) -> Scores:
        """Reciprocal rank fusion of both: 60 is the usual constant, 1 is Graphiti's and Zep's."""
        if vector is None:
            return self.bm25(question)
        # Graphiti's constant is added to a rank that begins with 0; the usual one to a rank that begins with 1.
        first = 0 if constant == 1 else 1
        return sum(
            (1 / (constant + first + _ranks(scores)) for scores in (self.bm25(question), self.cosine(vector))),
            np.zeros(len(self._counts)),
        )

    def summed(self, question: str, vector: NDArray[np.float32] | None, limit: int = 20) -> Scores:
        """Mem0 v3 without its model: the `max(4 k, 60)` nearest turns whose cosine is at least .1, by cosine plus the
        sigmoid of BM25. Its entities need a model, and so add nothing here.
        """
        if vector is None:
            return self.bm25(question)
        near = self.cosine(vector)
        pool = (_ranks(near) < max(4 * limit, 60)) & (near >= 0.1)
        words = self.bm25(question)
        middle = float(np.median(words[words > 0])) if (words > 0).any() else 1.0
        lift = np.where(words > 0, 1 / (1 + np.exp(-(words - middle) / 2)), 0.0)
        result: Scores = np.where(pool, near + lift, 0.0)
        return result


def _ranks(scores: Scores) -> NDArray[np.intp]:
    """Ranks from 0, the best first; of equal ones the earlier."""
    order = np.argsort(-scores, kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return ranks
