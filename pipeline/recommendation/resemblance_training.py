"""Learning the pull of every case: see `resemblance.py`. No chance in it."""

from collections.abc import Sequence

import numpy as np

from pipeline.recommendation.meaning import meaning_of_all
from pipeline.recommendation.resemblance import Array, ResemblanceFile, nearness, packed, unpacked

AXES = 128
REACH = 1.2  # over the cases' spread
STIFFNESS = 0.3  # how little one case may pull against its neighbours


def learn_resemblance(conversations: Sequence[Sequence[str]], wanted: Array, counts: Array) -> ResemblanceFile:
    """`wanted`: a row a case, a column a question: 1 yes, 0 no. `counts`: the same, how much the case counts; 0 not at
    all. Weighed so that the yeses to a question count together as much as the noes."""
    vectors: Array = np.stack([meaning_of_all(texts) for texts in conversations]).astype(np.float64)
    centre = packed(vectors.mean(axis=0, keepdims=True))
    about: Array = vectors - unpacked(centre)
    _, _, directions = np.linalg.svd(about, full_matrices=False)
    axes = packed(directions[:AXES])
    places = packed(about @ unpacked(axes).T)
    cases = unpacked(places)
    reach = REACH / max(float(cases.var(axis=0).sum()), 1e-9)
    near = nearness(cases, cases, reach)
    pulls = np.stack([_pull(near, yes, count) for yes, count in zip(wanted.T, counts.T, strict=True)])
    return ResemblanceFile(centro=centre, eixos=axes, casos=places, forcas=packed(pulls, width=2), alcance=reach)


def _pull(near: Array, wanted: Array, counts: Array) -> Array:
    pull, asked = np.zeros(len(wanted)), np.flatnonzero(counts)
    if not len(asked):
        return pull
    yes, count = wanted[asked] > 0, counts[asked]
    share = float(count[yes].sum() / count.sum())
    looseness: Array = np.where(yes, share / 0.5, (1 - share) / 0.5) / count
    pull[asked] = np.linalg.solve(near[np.ix_(asked, asked)] + STIFFNESS * np.diag(looseness), np.where(yes, 1.0, -1.0))
    return pull
