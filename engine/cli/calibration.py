"""``calibration``: does the score mean the same thing in every group? Balance, and every other measure."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.calibration import Calibration, GroupCalibration, GroupingCalibration, Request, calibrate
from engine.calibration.cells import TOLERANCE
from engine.calibration.maps import METHODS
from engine.calibration.recalibrate import CHOSEN, USUAL, Recalibrated, Recalibration, recalibrated
from engine.calibration.results import Banded, ClassBalance, ClassGap, Statistic
from engine.cli import options, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.source import scored_dataset
from engine.cli.watching import watched
from engine.errors import invalid
from engine.text import plain
from engine.types import Dataset

FOLDS = 5
_KEYS = {"corrected_l2": "debiased_l2"}


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the calibration of every group of every grouping, of the score or of what it is recalibrated to."""
    if not 1 <= arguments.bins <= 1000:
        raise invalid("there are 1 to 1,000 bins", "--bins", str(arguments.bins), "e.g. 15")
    if not math.isfinite(arguments.cut):
        raise invalid("the cut must be a score", "--cut", str(arguments.cut), "e.g. 0.5")
    if arguments.per_group and arguments.recalibrate is None:
        raise invalid("--per-group says how to recalibrate", "--per-group", "no --recalibrate", "name a method")
    dataset = scored_dataset(arguments, counts=arguments.recalibrate is None)
    asked = options.request(arguments)
    mapped = _recalibrated(dataset, arguments)
    dataset = mapped.version() if mapped else dataset
    request = Request(cut=arguments.cut, bins=arguments.bins, level=asked.level, min_group=asked.min_group,
                      seed=asked.seed)
    found = calibrate(dataset, request)
    excluded = [asdict(item) for item in dataset.excluded]
    excluded += [{"reason": values.SCORELESS, "rows": found.unscored}] if found.unscored else []
    return Outcome({
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
                 "rows": dataset.rows, "rows_used": found.rows_used, "unlabelled": found.unlabelled,
                 "excluded": excluded, "simulated": dataset.simulated},
        "roles": values.roles(dataset),
        "settings": {**values.settings(asked), "cut": values.finite(arguments.cut), "bins": request.bins,
                     "draws": request.draws, "exact": found.exact,
                     "tolerance": None if found.exact else TOLERANCE},
        "recalibration": None if mapped is None else _recalibration(mapped),
        "overall": _group(found.overall),
        "groupings": {name: _grouping(grouping) for name, grouping in found.groupings.items()},
        "multicalibration": _multicalibration(found),
    })


def _recalibrated(dataset: Dataset, arguments: argparse.Namespace) -> Recalibrated | None:
    """Return the cross-fitted recalibration that was asked for; per group over the cells of all attributes."""
    if arguments.recalibrate is None:
        return None
    names = tuple(attribute.name for attribute in dataset.attributes)
    compare = USUAL if arguments.recalibrate == CHOSEN else (arguments.recalibrate,)
    request = Recalibration(arguments.recalibrate, arguments.per_group, names, FOLDS, arguments.seed, 1, compare)
    return recalibrated(dataset, request, watched)


def _recalibration(mapped: Recalibrated) -> dict[str, Any]:
    asked = mapped.request
    return {
        "method": asked.method, "per_group": asked.per_group, "attributes": list(asked.attributes),
        "folds": asked.folds, "seed": asked.seed, "version": mapped.name, "needs": mapped.needs,
        "fallbacks": [{"group": group, "reason": why} for group, why in mapped.fallbacks],
        "log_loss": {key: {"value": values.finite(float(loss.values[0])), "clipped": loss.clipped,
                           "reason": loss.reason} for key, loss in mapped.losses.items()},
    }


def _grouping(found: GroupingCalibration) -> dict[str, Any]:
    test = found.equality
    return {
        "attributes": list(found.groups.attributes), "note": found.note,
        "groups": {group.name: {
            "levels": dict(zip(found.groups.attributes, group.levels, strict=True)), "small": small, **_group(group),
        } for group, small in zip(found.measured, found.small, strict=True)},
        "equality": {"q": values.finite(test.q), "df": test.df, "p_value": values.finite(test.p_value),
                     "reason": test.reason, "left_out": _left_out(test.left_out)},
        "positive_class_gap": _class_gap(found.positive_class_gap),
        "negative_class_gap": _class_gap(found.negative_class_gap),
    }


def _group(group: GroupCalibration) -> dict[str, Any]:
    """Return one group's measures: the contract's keys, and what makes them readable."""
    worst = group.curve.worst
    return {
        "n": group.n, "weight": group.mass, "base_rate": values.finite(group.base_rate),
        "mean_score": values.finite(group.mean_score), "cut": values.finite(group.cut),
        "balance": values.estimate(group.balance), "balance_null": _statistic(group.balance_null),
        "calibration_in_the_large": values.estimate(group.calibration_in_the_large),
        "calibration_in_the_large_null": _statistic(group.calibration_in_the_large_null),
        "residual_high": values.finite(group.residual_high), "residual_low": values.finite(group.residual_low),
        "ece2": values.finite(group.ece2), "over": values.finite(group.regions.over),
        "under": values.finite(group.regions.under), "regions": _regions(group),
        "ece": _banded(group.ece), "ece_mass": _banded(group.ece_mass), "mce": _banded(group.mce),
        "debiased_l2": values.finite(group.corrected_l2), "brier": values.finite(group.brier),
        "mcb": values.finite(group.mcb.value), "mcb_band": _banded(group.mcb), "dsc": values.finite(group.dsc),
        "unc": values.finite(group.unc), "log_loss": values.finite(group.log_loss), "clipped": group.clipped,
        "smooth_ece": values.finite(group.smooth_ece.value), "smooth_ece_band": _banded(group.smooth_ece),
        "ecce_mad": _statistic(group.ecce_mad), "ecce_r": _statistic(group.ecce_r),
        "spiegelhalter": values.finite(group.spiegelhalter.value),
        "spiegelhalter_p_value": values.finite(group.spiegelhalter.p_value),
        "slope": values.finite(group.slope.value), "slope_estimate": values.estimate(group.slope),
        "intercept": values.finite(group.intercept.value), "intercept_estimate": values.estimate(group.intercept),
        "positive_class": _class(group.positive_class), "negative_class": _class(group.negative_class),
        "worst_range": None if worst is None else {"low": worst.low, "high": worst.high, "rows": worst.rows,
                                                   "excess": worst.excess, "sigma": worst.sigma},
        "cancellation_flag": group.cancellation.raised,
        "cancellation": {"sentence": group.cancellation.sentence, "p_value": values.finite(group.cancellation.p_value),
                         "level": values.finite(group.cancellation.level)},
        "reasons": _reasons(group),
    }


def _reasons(group: GroupCalibration) -> dict[str, str]:
    """Return why each plain number is null, by its key here."""
    plain_ones = {_KEYS.get(key, key): reason for key, reason in group.reasons.items()}
    said = {"mcb": group.mcb.reason, "smooth_ece": group.smooth_ece.reason, "slope": group.slope.reason,
            "intercept": group.intercept.reason, "spiegelhalter": group.spiegelhalter.reason}
    return {**{key: reason for key, reason in said.items() if reason}, **plain_ones}


def _regions(group: GroupCalibration) -> list[dict[str, Any]]:
    parts = group.regions
    columns = zip(parts.low, parts.high, parts.contribution, parts.rows, parts.z, strict=True)
    return [{"low": float(low), "high": float(high), "contribution": values.finite(part), "rows": int(rows),
             "z": values.finite(z)} for low, high, part, rows, z in columns]


def _statistic(item: Statistic) -> dict[str, Any]:
    return {"value": values.finite(item.value), "sigma": values.finite(item.sigma),
            "p_value": values.finite(item.p_value), "reason": item.reason}


def _banded(item: Banded) -> dict[str, Any]:
    return {"value": values.finite(item.value), "noise_high": values.finite(item.noise_high),
            "noise_mean": values.finite(item.noise_mean), "reason": item.reason or item.noise_reason}


def _class(item: ClassBalance) -> dict[str, Any]:
    return {"observed": values.estimate(item.observed), "implied": values.finite(item.implied), "reason": item.reason}


def _class_gap(item: ClassGap) -> dict[str, Any]:
    return {"observed": values.finite(item.observed), "implied": values.finite(item.implied), "reason": item.reason,
            "left_out": _left_out(item.left_out)}


def _left_out(groups: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"group": name, "reason": why} for name, why in groups]


def _multicalibration(found: Calibration) -> dict[str, Any]:
    worst = found.multicalibration
    return {"value": values.finite(worst.value), "sigmas": values.finite(worst.sigmas),
            "p_value": values.finite(worst.p_value), "groups": worst.groups, "grouping": worst.grouping,
            "group": worst.group, "reason": worst.reason}


def _show(value: Value) -> str:
    data, roles, settings = value["data"], value["roles"], value["settings"]
    lines = [f"{plain(data['name'])}: calibration of {plain(roles['score'])}, Balance at {settings['cut']:g}; "
             f"{data['rows_used']:,} of {data['rows']:,} rows; sha256 {data['sha256'][:12]}",
             "  above 0: Balance under-confident, calibration-in-the-large scores too low"]
    if not settings["exact"]:
        lines += ["  from counts: Balance, calibration-in-the-large and Brier are exact, the others off by at most " +
                  ", ".join(f"{key} {bound:g}" for key, bound in settings["tolerance"].items()) + " in trials"]
    mapped = value["recalibration"]
    if mapped:
        lines += [f"  recalibrated out of fold: {mapped['method']}, {'per group' if mapped['per_group'] else 'pooled'}"]
        lines += [f"  pooled map for {plain(item['group'], tables.NAME_WIDTH)}: {plain(item['reason'], 100)}"
                  for item in mapped["fallbacks"]]
    blocks = [_block("everybody", {"all": value["overall"]}, None)]
    blocks += [_block(name, item["groups"], item) for name, item in value["groupings"].items()]
    worst = value["multicalibration"]
    last = plain(worst["reason"], 120) if worst["value"] is None else (
        f"furthest from calibrated: {plain(worst['group'], tables.NAME_WIDTH)} of {plain(worst['grouping'])}, "
        f"{worst['sigmas']:.2f} sigma, p {_p(worst['p_value'])} over {worst['groups']} groups")
    return "\n\n".join(["\n".join(lines), *blocks, last, "All measures, regions and bands: --json"])


def _block(name: str, groups: Mapping[str, Any], grouping: Mapping[str, Any] | None) -> str:
    first = [[plain(name, tables.NAME_WIDTH), "base rate", "mean score", "Balance", "calibration-in-the-large"]]
    second = [["", "ECCE-R / sigma", "p", "ECE", "if calibrated, up to", "Brier = MCB - DSC + UNC", "slope"]]
    for group, item in groups.items():
        label = plain(group, tables.NAME_WIDTH) + (" (small)" if item.get("small") else "")
        first.append([label, _number(item["base_rate"]), _number(item["mean_score"]),
                      tables.estimate(item["balance"]), tables.estimate(item["calibration_in_the_large"])])
        split = " ".join((_number(item["brier"]), "=", _number(item["mcb"]), "-", _number(item["dsc"]), "+",
                          _number(item["unc"])))
        spread = item["ecce_r"]
        scaled = spread["value"] / spread["sigma"] if spread["value"] is not None and spread["sigma"] else math.nan
        second.append([label, _number(values.finite(scaled)), _p(spread["p_value"]), _number(item["ece"]["value"]),
                       _number(item["ece"]["noise_high"]), split, _number(item["slope"])])
    parts = [tables.table(first), tables.table(second)]
    parts += [f"  {plain(group, tables.NAME_WIDTH)}: {plain(item['cancellation']['sentence'], 300)}"
              for group, item in groups.items() if item["cancellation_flag"]]
    return "\n".join([*parts, *([] if grouping is None else _footer(grouping))])


def _footer(grouping: Mapping[str, Any]) -> list[str]:
    test, gap = grouping["equality"], grouping["positive_class_gap"]
    said = plain(test["reason"], 120) if test["q"] is None else (
        f"Q {test['q']:.2f} on {test['df']} degrees of freedom, p {_p(test['p_value'])}")
    lines = [f"  equal Balance in all groups: {said}"]
    if gap["implied"] is not None:
        lines.append(f"  mean score of positives, largest minus smallest: {gap['observed']:.4f}; even a perfectly "
                     f"calibrated version of this score implies {gap['implied']:.4f}")
    left = [f"  not compared: {plain(item['group'], tables.NAME_WIDTH)}: {plain(item['reason'], 100)}"
            for item in test["left_out"]]
    return [*lines, *left, *([f"  {plain(grouping['note'], 200)}"] if grouping["note"] else [])]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}" if value > 0 else "< 1e-300"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("calibration")
    group.add_argument("--cut", metavar="T", type=types.number, default=0.5,
                       help="where Balance changes its sign; one half is the published score (0.5)")
    group.add_argument("--bins", metavar="N", type=types.count, default=15, help="of the binned errors (15)")
    group.add_argument("--recalibrate", metavar="METHOD", choices=(*METHODS, CHOSEN), default=None,
                       help=f"measure the score after a cross-fitted map: {', '.join((*METHODS, CHOSEN))}")
    group.add_argument("--per-group", action="store_true",
                       help="one map for each group of the attributes together; small groups take the pooled one")
    options.add_request(parser)


CALIBRATION_COMMAND = Command("calibration", "does the score mean the same in every group: Balance and the others",
                              _add_arguments, run, _show)
