"""The scores of every row under every value of an attribute: by a model trained here, or from columns of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.assessment import default_policy
from engine.counting.counted import need_rows
from engine.drivers.flip import Flips, flips
from engine.errors import invalid, stopped
from engine.policy import Policy
from engine.scoring.models import FOLDS, fold_models
from engine.scoring.recoding import scores_by_value
from engine.scoring.scorer import FileScorer
from engine.text import plain
from engine.types import MISSING, AttributeValues, Cancelled, Dataset, Floats, Ints, Progress

WITHOUT = "the model has no column '{}': recoding it changes no decision, while proxies of it may do their work"


@dataclass(frozen=True)
class FlipRequest:
    """Whose recorded value is changed, and who decides.

    Parameters
    ----------
    attribute
        Name of a protected attribute.
    model
        A key of `engine.scoring.models.MODELS`; None asks a model from a file, or reads columns named
        ``score__attribute=value``.
    protected_in
        Whether the model may use the protected attributes. Where it may not, the test can find nothing, and says so.
    policy
        Thresholds; of several groups only those of this attribute. None: 0.5 in [0, 1], else the median.
    folds, seed, level
        Of the cross-fitting, of the intervals.
    """

    attribute: str
    model: str | None = "logistic"
    protected_in: bool = True
    policy: Policy | None = None
    folds: int = FOLDS
    seed: int = 0
    level: float = 0.95


def flip_test(
    dataset: Dataset, request: FlipRequest, progress: Progress | None = None, cancelled: Cancelled | None = None,
    brought: FileScorer | None = None,
) -> Flips:
    """Return whose decision changes when only the recorded value of an attribute changes, on every row, exactly.

    A row is scored by the model of the fold that did not see it, once per value of the attribute; thresholds follow
    the value where they depend on it. Rows whose own value is missing are left out and counted.
    Rows count once, whatever their weight: the interval is that of a count.

    Parameters
    ----------
    brought
        A model from a file with its table, asked instead of paired columns where the request names no model.

    Raises
    ------
    InvalidData
        No such attribute, fewer than two values, a policy that draws lots or depends on other attributes, what
        `fold_models` or the model from a file refuses, no paired columns, or stopped.
    """
    need_rows(dataset, "a flip test")
    known = [attribute.name for attribute in dataset.attributes]
    if request.attribute not in known:
        raise invalid("a flip test needs a protected attribute", "attribute", f"'{plain(request.attribute)}'",
                      f"choose one of: {', '.join(map(plain, known)) or 'none'}")
    attribute = dataset.attribute(request.attribute)
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    if request.model is None:
        return (_of_columns(dataset, attribute, request) if brought is None
                else _of_file(dataset, attribute, request, brought, progress, cancelled))

    def training(share: float, words: str) -> None:
        progress(0.6 * share, words)

    fitted = list(fold_models(dataset, request.model, request.folds, request.seed, training, cancelled,
                              request.protected_in))
    values = _occurring(attribute, np.concatenate([fold.held_out for fold in fitted]))
    scores = np.full((dataset.n, len(values)), np.nan)
    for done, fold in enumerate(fitted):
        if cancelled():
            raise stopped("the flip test")
        progress(0.6 + 0.4 * done / len(fitted), f"recoding fold {done + 1} of {len(fitted)}")
        scores[fold.held_out] = scores_by_value(fold, attribute, values, fold.held_out)
    progress(1.0, "done")
    has_column = any(feature.name == attribute.name for feature in fitted[0].features)
    found = _found(dataset, attribute, request, values, scores, "no outcome, so no model that did not see them")
    return _decided(found, fitted[0].model.name, has_column)


def paired_columns(columns: Sequence[str], attribute: str) -> dict[str, str]:
    """Return the columns ``score__attribute=value`` by value; of several scores the first that has two values.

    >>> paired_columns(["id", "s__sex=F", "s__sex=M", "s__age=1"], "sex")
    {'F': 's__sex=F', 'M': 's__sex=M'}
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for column in columns:
        stem, mark, value = column.partition(f"__{attribute}=")
        if stem and mark:
            found[stem][value.strip()] = column
    return next((values for values in found.values() if len(values) > 1), {})


def _of_columns(dataset: Dataset, attribute: AttributeValues, request: FlipRequest) -> Flips:
    columns = paired_columns(list(dataset.scores), attribute.name)
    values = tuple(level for level in attribute.levels if level in columns and level != MISSING)
    if len(values) < 2:
        name = plain(attribute.name)
        word = "decision" if dataset.score_source == "prediction" else "score"
        raise invalid(f"a {word} column cannot be asked again for another value", f"data '{plain(dataset.name)}'",
                      f"no columns 'score__{name}=value' for two values",
                      "add them as scores, or choose a model trained here")
    scores = np.stack([dataset.scores[columns[value]] for value in values], axis=1)
    found = _found(dataset, attribute, request, values, scores, "no score under some value")
    return replace(found, model=f"columns {', '.join(plain(columns[value]) for value in values)}")


def _of_file(
    dataset: Dataset, attribute: AttributeValues, request: FlipRequest, brought: FileScorer, progress: Progress,
    cancelled: Cancelled,
) -> Flips:
    """Ask a model from a file once per value; once in all where it does not read the column."""
    if attribute.kind == "continuous":
        raise invalid("a model from a file is asked about a value", f"attribute '{plain(attribute.name)}'",
                      "ranges of numbers", "choose a nominal attribute, or a model trained here")
    values, reads = _occurring(attribute, np.arange(dataset.n)), attribute.name in brought.model.columns
    scores = np.empty((dataset.n, len(values)))
    for done, value in enumerate(values):
        if cancelled():
            raise stopped("the flip test")
        progress(done / len(values), f"recoding value {done + 1} of {len(values)}")
        scores[:, done] = (brought.recoded(dataset, attribute.name, value, cancelled=cancelled) if reads or not done
                           else scores[:, 0])
    found = _found(dataset, attribute, request, values, scores, "no score under some value")
    return _decided(found, brought.name, reads)


def _decided(found: Flips, model: str, has_column: bool) -> Flips:
    """Return the flips under the name of who decides, with the reason where it cannot see the attribute."""
    dependent = len(set(found.thresholds.tolist())) > 1
    return replace(found, model=model,
                   reason=None if has_column or dependent else WITHOUT.format(plain(found.attribute)))


def _found(
    dataset: Dataset, attribute: AttributeValues, request: FlipRequest, values: tuple[str, ...], scores: Floats,
    unscored: str,
) -> Flips:
    if len(values) < 2:
        raise invalid("a flip test needs two values", f"attribute '{plain(attribute.name)}'", f"{len(values)}",
                      "choose another attribute")
    place = np.array([values.index(level) if level in values else -1 for level in attribute.levels], dtype=np.int32)
    own, known = place[attribute.codes], np.isfinite(scores).all(axis=1)
    rows = np.flatnonzero(known & (own >= 0))
    if not len(rows):
        raise invalid("a flip test needs rows", f"attribute '{plain(attribute.name)}'", "none with a score and a value",
                      "look at the columns")
    policy = request.policy or default_policy(dataset.with_scores("recoded", scores[:, 0]))
    thresholds = _thresholds(policy, attribute.name, values)
    found = flips(scores[rows], own[rows], values, thresholds, request.level, dataset.roles.favourable,
                  attribute.name, rows)
    left = ((f"their {plain(attribute.name)} is missing or has no score of its own", int((known & (own < 0)).sum())),
            (unscored, int((~known).sum())))
    return replace(found, left_out=tuple(item for item in left if item[1]))


def _thresholds(policy: Policy, attribute: str, values: tuple[str, ...]) -> Floats:
    if policy.attributes not in ((), (attribute,)):
        raise invalid("thresholds must be common or belong to the attribute that is recoded", "policy",
                      f"attributes {', '.join(map(plain, policy.attributes))}", "choose another policy")
    mixes = [policy.mix(value) for value in values]
    if any(len(mix) > 1 for mix in mixes):
        raise invalid("a flip test needs decisions without lots", "policy", "randomised thresholds",
                      "choose a deterministic policy")
    return np.array([mix[0][0] for mix in mixes], dtype=np.float64)


def _occurring(attribute: AttributeValues, rows: Ints) -> tuple[str, ...]:
    present = np.bincount(attribute.codes[rows], minlength=len(attribute.levels)) > 0
    return tuple(level for level, here in zip(attribute.levels, present, strict=True) if here and level != MISSING)


def largest_rows(dataset: Dataset, found: Flips, count: int) -> tuple[str, ...]:
    """Return how the rows of the largest gaps are known: their identifier, else their position from 1."""
    places = found.rows[found.largest(count)]
    if dataset.ids is None:
        return tuple(f"row {place + 1}" for place in places)
    return tuple(str(dataset.ids[place]) for place in places)


