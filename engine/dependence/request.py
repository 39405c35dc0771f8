"""What a visitor asks of the intersections page, checked before anything is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.counting.counted import need_rows
from engine.dependence.density import Mode
from engine.dependence.families import FAMILIES, Family, Scale, Task
from engine.errors import InvalidData, invalid
from engine.text import plain
from engine.types import Dataset

Estimator = Literal["U", "V"]
PenaltyKind = Literal["cc", "joint", "marginal"]
ModelKey = Literal["logistic", "linear", "poisson", "mlp", "gbm"]
BaselineKey = Literal["marginal", "exponentiated_gradient"]
KAPPAS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
PENALTIES: dict[str, str] = {"cc": "CCdCov", "joint": "JdCov", "marginal": "sum of marginal dCov"}
MODELS: dict[str, str] = {
    "logistic": "logistic", "linear": "linear", "poisson": "Poisson", "mlp": "one hidden layer",
    "gbm": "boosted trees",
}
OF_TASK: dict[str, tuple[str, ...]] = {
    "classification": ("logistic", "mlp", "gbm"), "regression": ("linear", "mlp", "gbm"),
    "poisson": ("poisson", "mlp", "gbm"),
}
BASELINES: dict[str, str] = {
    "marginal": "sum of marginal penalties", "exponentiated_gradient": "exponentiated gradient on the cells",
}


@dataclass(frozen=True)
class Request:
    """A path of models, from unpenalised to nearly independent of the protected attributes together.

    Parameters
    ----------
    task
        None: what the data's outcome is.
    attributes
        Protected attributes whose combinations count; None for all of the data's.
    as_continuous
        Those whose numbers count rather than their groups; None: those that the data call continuous. Cells for
        reporting are made of groups in either case.
    penalty, c, normalised
        ``cc``: distance covariance with all attributes together; ``joint``: with c between .1 and 10, a small one
        stressing interactions; ``marginal``: the sum over attributes, blind to combinations. `normalised`: divided by
        the predictions' own distance deviation, so that shrinking them gains nothing.
    estimator
        Of the penalty in training. ``V`` is never negative. ``U`` has no bias, but can be negative by chance, and a
        strong penalty then pays the model for it: on small tables it makes the predictions wilder, not calmer.
    kappas, lambdas
        Strengths without a dimension: at 1 the whole penalty of the unpenalised model weighs as much as all that the
        features gain. `lambdas` instead are factors as they stand.
    model, hidden, rounds
        None: the plain model of the task. Units of the hidden layer; most trees.
    scale
        What the penalty looks at; None: probability, value, or count. ``rate`` weighs rows by their exposure.
    l2, restarts
        None: 1e-6 and 1 for a plain model, 3e-3 and 3 for a hidden layer.
    shares
        Of the rows for validation and for the test; the rest trains.
    divergence, target, shuffles
        How the divergence is measured (None: as the authors do, but ``robust`` for a measurement, whose unit their
        bandwidth cannot know), one that is to be met, draws of its chance band.
    baselines
        Keys of `BASELINES` to fit beside the path.
    threshold
        At which a classification's selection rates are compared.
    level, min_group, seed
        As elsewhere. Cells with fewer rows are kept out of gaps, and listed.
    """

    task: Task | None = None
    attributes: tuple[str, ...] | None = None
    as_continuous: tuple[str, ...] | None = None
    penalty: PenaltyKind = "cc"
    c: float = 1.0
    normalised: bool = False
    estimator: Estimator = "V"
    kappas: tuple[float, ...] = KAPPAS
    lambdas: tuple[float, ...] | None = None
    model: ModelKey | None = None
    hidden: int = 16
    rounds: int = 100
    scale: Scale | None = None
    l2: float | None = None
    restarts: int | None = None
    shares: tuple[float, float] = (0.25, 0.25)
    divergence: Mode | None = None
    target: float | None = None
    shuffles: int = 50
    baselines: tuple[BaselineKey, ...] = ()
    threshold: float = 0.5
    level: float = 0.95
    min_group: int = 30
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """A request with nothing left open."""

    request: Request
    family: Family
    model: str
    scale: Scale
    divergence: Mode
    attributes: tuple[str, ...]
    continuous: tuple[str, ...]
    l2: float
    restarts: int


def check(dataset: Dataset, request: Request) -> Plan:
    """Return the request with its defaults filled in.

    Raises
    ------
    InvalidData
        The data are counts, or have no outcome of that kind, no features or no such attribute; a number or a name is
        out of range.
    """
    where = f"data '{plain(dataset.name)}'"
    need_rows(dataset, "a path of models")
    task = _task(dataset, request.task, where)
    family, models = FAMILIES[task], OF_TASK[task]
    model = request.model or models[0]
    _known("model", model, models)
    _known("penalised scale", request.scale or family.scales[0], family.scales)
    _known("penalty", request.penalty, tuple(PENALTIES))
    for baseline in request.baselines:
        _known("baseline", baseline, tuple(BASELINES))
    if not dataset.features:
        raise invalid("a model needs features", where, "none", "choose the columns that it may use")
    _numbers(request)
    names = tuple(attribute.name for attribute in dataset.attributes)
    attributes = names if request.attributes is None else tuple(dict.fromkeys(request.attributes))
    if not attributes:
        raise invalid("a protected attribute is needed", where, "none", "name one or more columns")
    for name in attributes:
        _known("attribute", name, names)
    plain_model = model in models[:1]
    return Plan(
        request, family, model, request.scale or family.scales[0],
        request.divergence or ("robust" if task == "regression" else "authors"), attributes,
        _continuous(dataset, attributes, request.as_continuous),
        request.l2 if request.l2 is not None else 1e-6 if plain_model else 3e-3,
        request.restarts if request.restarts is not None else 3 if model == "mlp" else 1,
    )


def _continuous(dataset: Dataset, attributes: tuple[str, ...], asked: tuple[str, ...] | None) -> tuple[str, ...]:
    numbered = tuple(name for name in attributes if dataset.attribute(name).values is not None)
    if asked is None:
        return numbered
    for name in asked:
        _known("attribute with numbers", name, numbered)
    return tuple(name for name in numbered if name in asked)


def _task(dataset: Dataset, task: str | None, where: str) -> str:
    if task is None:
        task = "classification" if dataset.label is not None else (
            "poisson" if dataset.roles.target_kind == "count" else "regression")
    _known("task", task, tuple(FAMILIES))
    if task == "classification":
        if dataset.label is None:
            raise invalid("classification needs a yes/no outcome", where, "none", "name one, or choose regression")
        for value in (0, 1):
            if int((dataset.label == value).sum()) < 8:
                raise invalid("a model needs both outcomes", where, "fewer than 8 rows of one", "bring more rows")
    elif dataset.target is None:
        raise invalid(f"{task} needs a numeric outcome", where, "none", "name one, or choose classification")
    elif task == "poisson" and not (dataset.target >= 0).all():
        raise invalid("counts cannot be negative", where, "a negative one", "choose regression")
    elif dataset.n < 40 or float(dataset.target.std()) == 0:
        raise invalid("a model needs rows that differ", where, f"{dataset.n} rows", "bring others")
    return task


def _numbers(request: Request) -> None:
    strengths = request.kappas if request.lambdas is None else request.lambdas
    checks = (
        (bool(strengths) and all(0 <= s < math.inf for s in strengths), "strengths must be 0 or more", "kappas",
         ", ".join(f"{s:g}" for s in strengths) or "none", "e.g. 0, 0.1, 1, 10"),
        (0.1 <= request.c <= 10, "c must lie between 0.1 and 10", "c", f"{request.c:g}", "choose 1"),
        (min(request.shares) > 0 and sum(request.shares) < 1, "validation and test must leave rows to train on",
         "shares", " and ".join(f"{share:g}" for share in request.shares), "e.g. 0.25 and 0.25"),
        (0 < request.level < 1, "a level must lie between 0 and 1", "level", f"{request.level:g}", "e.g. 0.95"),
        (1 <= request.hidden <= 256, "a hidden layer has 1 to 256 units", "hidden", f"{request.hidden}", "e.g. 16"),
        (1 <= request.rounds <= 1_000, "boosting has 1 to 1,000 rounds", "rounds", f"{request.rounds}", "e.g. 100"),
        (request.l2 is None or 0 <= request.l2 < math.inf, "a ridge must be 0 or more", "l2", f"{request.l2}",
         "e.g. 0"),
        (request.restarts is None or 1 <= request.restarts <= 50, "restarts must be 1 to 50", "restarts",
         f"{request.restarts}", "e.g. 3"),
        (0 <= request.shuffles <= 1_000, "shuffles must be 0 to 1,000", "shuffles", f"{request.shuffles}", "e.g. 50"),
    )
    problems = [invalid(*words).issues[0] for fine, *words in checks if not fine]
    if problems:
        raise InvalidData(*problems)


def _known(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise invalid(f"the {what} must be known", "intersections", f"'{plain(name)}'",
                      f"choose one of: {', '.join(map(plain, known))}" if known else "there is none here")
