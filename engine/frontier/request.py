"""What a visitor asks of the frontier, checked before anything is counted."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import InvalidData, invalid
from engine.frontier.problem import LINEAR, Limit
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import KINDS, PolicyKind
from engine.text import plain
from engine.types import Dataset

SPLITS = ("test", "none")


@dataclass(frozen=True)
class Request:
    """What to trade: a disparity against a utility, by which kinds of policy, found and reported on which rows.

    Parameters
    ----------
    disparity, utility
        Keys of `DISPARITIES` and `UTILITIES`.
    attributes
        The grouping is their intersection; None for all of the data's.
    kinds
        Kinds of policy to solve for.
    split
        ``test``: found on some rows, reported on the others. ``none``: found and shown on all rows, which flatters.
    test_size
        Share of the rows kept for reporting.
    limits
        Further bounds, such as a capacity or a floor of a rate in every group.
    level, min_group, cost_fp, cost_fn, seed
        As in `engine.assessment.Request`. Groups smaller than `min_group` take the best common threshold.
    """

    disparity: str = "demographic_parity_difference"
    utility: str = "accuracy"
    attributes: tuple[str, ...] | None = None
    kinds: tuple[PolicyKind, ...] = KINDS
    split: str = "test"
    test_size: float = 0.5
    limits: tuple[Limit, ...] = ()
    level: float = 0.95
    min_group: int = 30
    cost_fp: float = 1.0
    cost_fn: float = 1.0
    seed: int = 0


def check(dataset: Dataset, request: Request) -> tuple[str, ...]:
    """Return the attributes of the grouping.

    Raises
    ------
    InvalidData
        No outcome or score; a name that does not exist; a test size outside (0, 1).
    """
    where = f"data '{plain(dataset.name)}'"
    if dataset.label is None:
        raise invalid("a frontier needs a yes/no outcome", where, "none", "name the outcome's column")
    if dataset.score is None:
        raise invalid("a frontier needs a score", where, "none", "name a score column or train a model")
    _known("disparity", request.disparity, tuple(DISPARITIES))
    _known("utility", request.utility, tuple(UTILITIES))
    _known("split", request.split, SPLITS)
    if not 0 < request.test_size < 1:
        raise invalid("the test size must be a share of the rows", "test size", f"{request.test_size:g}",
                      "choose one between 0 and 1")
    for limit in request.limits:
        _known("a limit's rate", limit.rate, LINEAR)
        if limit.at_least > limit.at_most:
            raise invalid("a limit must leave something", f"limit on {limit.rate}",
                          f"at least {limit.at_least:g} and at most {limit.at_most:g}", "correct it")
    names = tuple(attribute.name for attribute in dataset.attributes)
    attributes = request.attributes if request.attributes is not None else names
    if not attributes:
        raise invalid("a frontier needs a protected attribute", where, "none", "name one or more columns")
    for name in attributes:
        _known("attribute", name, names)
    return attributes


def _known(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise invalid(f"the {what} must be known" if not what.startswith("a ") else f"{what} must be known",
                      "frontier", f"'{plain(name)}'", f"choose one of: {', '.join(map(plain, known))}")


def one_sided(where: str) -> InvalidData:
    """Return the refusal of rows that hold one outcome only."""
    return invalid("a frontier needs both outcomes", where, "one of them", "use more rows or another outcome")
