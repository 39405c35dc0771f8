"""What a person reads in a terminal: aligned plain text, made from the JSON value, so that both say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.cli.command import Value
from engine.metrics import DISPARITIES, RATES
from engine.text import plain

SHOWN = ("selection_rate", "favourable_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy")
PER_TABLE = 3   # rates side by side: about 120 characters
NAME_WIDTH = 36


def assessment(value: Value) -> str:
    """Return everything that ``rates`` found as text: data, decision, then a section per grouping."""
    sections = [_data(value), _groups("everybody", {"all": value["overall"]})]
    for name, grouping in value["groupings"].items():
        sections.append(_groups(name, grouping["groups"]))
        sections.append(_disparities(name, grouping["disparities"]))
    sections.append("All 16 rates, and every group against the reference group: --json")
    return "\n\n".join(sections)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns; the first row is the head.

    >>> print(table([["group", "n"], ["a", "12"]]))
    group  n
    -----  --
    a      12
    """
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    ruled = [rows[0], ["-" * width for width in widths], *rows[1:]]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in ruled]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def estimate(item: Mapping[str, Any]) -> str:
    """Return an estimate with its interval and denominator, or why there is none.

    >>> estimate({"value": 0.5, "low": 0.25, "high": 0.75, "n": 12, "reason": None})
    '0.5000 [0.2500, 0.7500] n=12'
    """
    if item["value"] is None:
        return plain(item["reason"], 48)
    return f"{_number(item['value'])} {_interval(item)} n={_amount(item['n'])}"


def _interval(item: Mapping[str, Any]) -> str:
    if item["low"] is None and item["high"] is None:
        return "[no interval]"
    return f"[{_number(item['low'])}, {_number(item['high'])}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _amount(number: float) -> str:
    """Return a count of rows, or a sum of weights to one decimal at most: more would be the noise of summing.

    >>> _amount(10031), _amount(2620.2999999999975), _amount(12.0)
    ('10,031', '2,620.3', '12')
    """
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}".removesuffix(".0")


def _data(value: Value) -> str:
    data, roles, policy = value["data"], value["roles"], value["policy"]
    name = plain(data["name"]) + (" (simulated)" if data["simulated"] else "")
    used = f"{data['rows_used']:,} of {data['rows']:,} rows, {data['labelled']:,} with a known outcome"
    lines = [
        f"{name}: {used}; sha256 {data['sha256'][:12]}",
        *(f"  left out: {item['rows']:,} rows, {plain(item['reason'], 100)}" for item in data["excluded"]),
        *(f"  {item['severity']}: {plain(item['sentence'], 200)}" for item in data["issues"]),
        _outcome(roles), _decision(roles, policy),
    ]
    return "\n".join(lines)


def _outcome(roles: Mapping[str, Any]) -> str:
    if roles["label"] is None:
        return "outcome: none; rates that need one are not estimable"
    return f"outcome: {plain(roles['label'])}, positive is {plain(roles['positive'])}"


def _decision(roles: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    if roles["score_source"] == "prediction" and not policy["thresholds"] and 0 < (policy["otherwise"] or 0) <= 1:
        value = f" is {plain(roles['selected'])}" if roles["selected"] is not None else ", a decision of two values"
        return f"selected: {plain(roles['score'])}{value}, as it was decided; favourable: {roles['favourable']}"
    score = f"{plain(roles['score'])} >= threshold"
    parts = [f"{plain(group)} {threshold}" for group, threshold in policy["thresholds"].items()]
    parts.append(f"{'otherwise ' if parts else ''}{policy['otherwise']}")
    note = f" ({plain(policy['note'], 200)})" if policy["note"] else ""
    return f"selected: {score}, threshold {', '.join(parts)}{note}; favourable: {roles['favourable']}"


def _groups(name: str, groups: Mapping[str, Mapping[str, Any]]) -> str:
    weighted = any(isinstance(found["n"], float) for found in groups.values())
    blocks = []
    for start in range(0, len(SHOWN), PER_TABLE):
        keys = SHOWN[start : start + PER_TABLE]
        head = [plain(name, NAME_WIDTH), "weight" if weighted else "n", *(RATES[key].name for key in keys)]
        body = [
            [_group_name(group, found), _amount(found['n']), *(estimate(found["rates"][key]) for key in keys)]
            for group, found in groups.items()
        ]
        blocks.append(table([head, *body]))
    return "\n\n".join(blocks)


def _group_name(name: str, found: Mapping[str, Any]) -> str:
    return plain(name, NAME_WIDTH) + (" (small)" if found.get("small") else "")


def _disparities(name: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    head = [f"between groups of {plain(name, NAME_WIDTH)}", "value", "chance alone", "p", "lowest", "highest"]
    rows = [head]
    left_out: dict[str, str] = {}
    for key, item in found.items():
        left_out |= item["left_out_reasons"]
        value = plain(item["reason"], 60) if item["value"] is None else f"{_number(item['value'])} {_interval(item)}"
        rows.append([DISPARITIES[key].name, value, _number(item["noise_high"]), _number(item["p_value"]),
                     plain(item["lowest"] or "-", NAME_WIDTH), plain(item["highest"] or "-", NAME_WIDTH)])
    notes = [f"  not compared: {plain(group, NAME_WIDTH)}: {plain(why, 100)}" for group, why in left_out.items()]
    return "\n".join([table(rows), *notes])
