"""Do predictions depend on protected attributes of any kind, and on which combination of them?

`explore` trains a path of models that depend on them less and less and measures each on rows that trained none.
"""

from __future__ import annotations

import time

from engine.dependence.baselines import compared, steps
from engine.dependence.learning import one_core
from engine.dependence.path import Arrived, Clock, finished, walk
from engine.dependence.request import Request, check
from engine.dependence.result import Path
from engine.types import Cancelled, Dataset, Progress

__all__ = ["Path", "Request", "explore"]


def explore(
    dataset: Dataset, request: Request, progress: Progress | None = None, cancelled: Cancelled | None = None,
    clock: Clock = time.perf_counter, arrived: Arrived | None = None,
) -> Path:
    """Return a path of penalised models, what each loses and what dependence it keeps.

    Rows with an outcome are divided, every cell and outcome alike: some train, the validation rows choose, the test
    rows report. The protected attributes are never features. Every model is fitted on all training rows at once with
    exact gradients, from the model before it.

    Parameters
    ----------
    dataset
        With an outcome, features and protected attributes.
    request
        What to penalise, how strongly, with which model.
    progress, cancelled
        Told and asked at every evaluation of the objective.
    clock
        Seconds; times each fit.
    arrived
        Told of each model of the path as soon as it is measured.

    Raises
    ------
    InvalidData
        The question cannot be asked of this data, or the visitor stopped the work.

    References
    ----------
    Lee, Antonio, Avanzi, Marchi and Zhou 2025, arXiv 2509.08163; Chakraborty and Zhang 2019 for the joint penalty.
    """
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    plan = check(dataset, request)
    asked = len(set(request.kappas if request.lambdas is None else request.lambdas)) + 1
    whole, share = progress, asked / (asked + steps(plan))   # of the path; the rest is the baselines'
    with one_core():
        here, points, calibration = walk(dataset, plan, lambda done, words: whole(share * done, words), cancelled,
                                         clock, arrived or (lambda point: None))
        baselines, skipped = compared(here, points, lambda done, words: whole(share + (1 - share) * done, words))
    progress(1.0, "done")
    return finished(here, points, calibration, baselines, skipped)
