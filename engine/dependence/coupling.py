"""What every route gives: how strongly two rows are coupled by their protected values, W, without listing pairs.

Every measure here is ``R(y) = scale * sum_ij m_i m_j W_ij |y_i - y_j|`` with a symmetric W that depends on the
protected attributes alone and whose rows sum to 0. Hence ``dR/dy_i = 2 scale m_i sum_j m_j W_ij sign(y_i - y_j)``, and
R is the inner product of y and its gradient. W is minus the centring of P: for distance covariance P is minus the
distance (what centring removes need not be made), for the joint measure the product over attributes of U_k + c.
"""

from __future__ import annotations

from typing import Protocol

from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats


class Coupling(Protocol):
    """One route to W for one set of attributes."""

    @property
    def constant(self) -> float:
        """What the joint measure has besides R, whatever the predictions; 0 for the others."""

    def pull(self, ranking: Ranking) -> Floats:
        """Return ``sum_j m_j W_ij sign(y_i - y_j)``, (n,)."""

    def square(self) -> float:
        """Return ``scale * sum_ij m_i m_j W_ij²``: the distance variance of the attributes, 0 or more."""


def centred_pull(sampling: Sampling, ranking: Ranking, pulled: Floats, row_sums: Floats, total: float) -> Floats:
    """Return W's pull from P's: its pull, its row sums (n,) and their total."""
    below = ranking.mass_below_less_above(sampling.mass)
    across = ranking.signed(sampling.weighed(row_sums))
    return (row_sums * below + across) / sampling.row - pulled - total / sampling.total * below


def constant_of(sampling: Sampling, total: float, c: float, attributes: int) -> float:
    """Return the y-free part of the joint measure: c times what the protected attributes share among themselves."""
    return c * sampling.scale * (total - c**attributes * sampling.pairs)
