"""Learning the pull of every case: see `resemblance.py`. No chance in it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.recommendation.meaning import meaning_of_all
from pipeline.recommendation.resemblance import Array, ResemblanceFile, nearness, packed, unpacked

AXES = 128
REACH = 1.2  # over the cases' spread
STIFFNESS = 0.3  # how little one case may pull against its neighbours


def learn_resemblance(conversations: Sequence[Sequence[str]], dangerous: Sequence[bool]) -> ResemblanceFile:
    """Weighed so that the dangerous cases count together as much as the calm ones."""
    vectors: Array = np.stack([meaning_of_all(texts) for texts in conversations]).astype(np.float64)
    centre = packed(vectors.mean(axis=0, keepdims=True))
    about: Array = vectors - unpacked(centre)
    _, _, directions = np.linalg.svd(about, full_matrices=False)
    axes = packed(directions[:AXES])
    places = packed(about @ unpacked(axes).T)
    cases = unpacked(places)
    reach = REACH / max(float(cases.var(axis=0).sum()), 1e-9)
    pull = _pull(nearness(cases, cases, reach), np.asarray(dangerous))
    return ResemblanceFile(centro=centre, eixos=axes, casos=places, forcas=packed(pull[np.newaxis]), alcance=reach)


def _pull(near: Array, dangerous: npt.NDArray[np.bool_]) -> Array:
    share = float(dangerous.mean())
    looseness: Array = np.where(dangerous, share / 0.5, (1 - share) / 0.5)
    return np.asarray(
        np.linalg.solve(near + STIFFNESS * np.diag(looseness), np.where(dangerous, 1.0, -1.0)), np.float64
    )
