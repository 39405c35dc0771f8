"""``flip``: whose decision would change if only the recorded group were another."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from engine.cli import options, tables, values
from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import chosen_policy
from engine.cli.drivers import add_model, described
from engine.cli.roles import spoken
from engine.cli.score import add_mapping, model_in
from engine.cli.source import opened
from engine.cli.watching import watched
from engine.counting.counted import need_rows
from engine.data.table import Table
from engine.drivers import CAVEAT, FlipRequest, Flips, flip_test
from engine.drivers.recoding import paired_columns
from engine.errors import invalid
from engine.scoring.scorer import FileScorer
from engine.text import plain
from engine.types import Dataset, Roles

LARGEST = 20   # rows listed


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the flip test of each protected attribute; the first one's also at the top."""
    dataset, brought = _asked(arguments)
    names = [attribute.name for attribute in dataset.attributes]
    paired = [name for name in names if paired_columns(list(dataset.scores), name)]
    model = arguments.model or (None if dataset.score is not None else "logistic")
    if model is None and not paired and brought is None:
        raise invalid("a score column cannot be asked again for another group", f"data '{plain(dataset.name)}'",
                      f"score '{plain(dataset.score)}'", "add --model, --model-file, or columns such as "
                      f"'{plain(dataset.score)}__{plain(names[0])}=value'")
    # The default threshold is that of the scores that are compared, not of another column of the file.
    judged = (replace(dataset, scores={}, score=None) if model else dataset if brought is not None
              else dataset.using(next(iter(paired_columns(list(dataset.scores), paired[0]).values()))))
    policy, note = chosen_policy(arguments, judged)
    nominal = [attribute.name for attribute in dataset.attributes if attribute.kind == "nominal"]
    among = names if model else paired if brought is None else nominal or names
    tested = [name for name in among if policy.attributes in ((), (name,))]
    found = {name: flip_test(dataset, FlipRequest(name, model, not arguments.protected_out, policy,
                                                  seed=arguments.seed, level=arguments.level), watched, brought=brought)
             for name in tested}
    if not found:
        raise invalid("thresholds per group must belong to the attribute that is recoded", "--threshold or --policy",
                      " and ".join(map(plain, policy.attributes)), "use one threshold, or thresholds of one attribute")
    first = next(iter(found))
    described_all = {name: _flips(dataset, flips) for name, flips in found.items()}
    return Outcome({
        "data": described(dataset, len(found[first].rows)), "roles": values.roles(dataset),
        "policy": values.policy(policy, note), "settings": values.settings(options.request(arguments)),
        "attribute": first, **described_all[first], "caveat": CAVEAT, "attributes": described_all,
    })


def _asked(arguments: argparse.Namespace) -> tuple[Dataset, FileScorer | None]:
    """Return the data and, where a model's file is named, the model with their table; its score is then in use."""
    tables: list[Table] = []

    def speak(given: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
        tables.append(table)
        return with_pairs(given, table, base)

    if arguments.model_file is not None and arguments.model is not None:
        raise invalid("one model decides", "--model and --model-file", "both", "keep one of them")
    dataset = opened(arguments, speak)
    need_rows(dataset, "'flip'")
    if arguments.model_file is None:
        return dataset, None
    brought = FileScorer(model_in(arguments.model_file, arguments.map, tables[0])[0], tables[0])
    return brought.scored(dataset, watched), brought


def with_pairs(arguments: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
    """Return the roles that the options name, with the columns ``score__attribute=value`` among the scores."""
    roles = spoken(arguments, table, base)
    found = [column for attribute in roles.protected
             for column in paired_columns(table.columns, attribute.column).values()]
    scores = (*roles.scores, *(column for column in found if column not in roles.scores))
    return replace(roles, scores=scores, features=tuple(name for name in roles.features if name not in scores))


def _flips(dataset: Dataset, found: Flips) -> dict[str, Any]:
    count = [int(found.flips[found.own == g].sum()) for g in range(len(found.values))]
    return {
        "model": found.model, "reason": found.reason,
        "flipped": {"count": int(found.flips.sum()), **_share(values.estimate(found.flipped))},
        "by_group": {
            name: {"count": count[g], **_share(values.estimate(found.by_group[g])),
                   "if_recoded": {other: {"gaining": values.estimate(found.gaining[g][v]),
                                          "losing": values.estimate(found.losing[g][v])}
                                  for v, other in enumerate(found.values) if v != g}}
            for g, name in enumerate(found.values)},
        "largest": [_row(dataset, found, int(place)) for place in found.largest(LARGEST)],
        "thresholds": {name: values.finite(t) for name, t in zip(found.values, found.thresholds, strict=True)},
        "left_out": [{"reason": why, "rows": rows} for why, rows in found.left_out],
    }


def _share(estimate: dict[str, Any]) -> dict[str, Any]:
    return {"n": estimate["n"], "share": estimate["value"], "low": estimate["low"], "high": estimate["high"],
            "reason": estimate["reason"]}


def _row(dataset: Dataset, found: Flips, place: int) -> dict[str, Any]:
    row = int(found.rows[place])
    return {
        "row": row + 1, "id": None if dataset.ids is None else str(dataset.ids[row]),
        "group": found.values[found.own[place]], "gap": float(found.gaps[place]), "flips": bool(found.flips[place]),
        "scores": {name: float(score) for name, score in zip(found.values, found.scores[place], strict=True)},
    }


def _show(value: Value) -> str:
    data = value["data"]
    lines = [f"{plain(data['name'])}: {data['rows_used']:,} rows, every one recoded; sha256 {data['sha256'][:12]}"]
    for name, item in value["attributes"].items():
        flipped = item["flipped"]
        lines.append(f"\n{plain(name, tables.NAME_WIDTH)}: {flipped['count']:,} of {flipped['n']:,} rows flip, "
                     f"{_percent(flipped)}; {plain(item['model'], 120)}")
        if item["reason"]:
            lines.append(f"  says nothing here: {plain(item['reason'], 200)}")
        rows = [["of the group", "flips", "recoded as", "would gain", "would lose"]]
        for group, found in item["by_group"].items():
            for other, shares in found["if_recoded"].items():
                rows.append([plain(group, 24), _percent(found), plain(other, 24), _percent(_share(shares["gaining"])),
                             _percent(_share(shares["losing"]))])
        lines.append(tables.table(rows))
    return "\n".join([*lines, "", value["caveat"], "Largest changes of score, row by row: --json"])


def _percent(found: dict[str, Any]) -> str:
    if found["share"] is None:
        return plain(found["reason"], 48)
    return f"{100 * found['share']:.2f} % [{100 * found['low']:.2f}, {100 * found['high']:.2f}]"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    options.add_decision(parser)
    group = parser.add_argument_group("flip test")
    add_model(group, "without it, columns 'score__attribute=value' are read")
    group.add_argument("--model-file", metavar="FILE", help="a model in ONNX, or logistic coefficients in JSON, that "
                                                            "is asked again for each value of a nominal attribute")
    add_mapping(group)
    group.add_argument("--protected-out", action="store_true",
                       help="the model may not use the protected attributes: then the test can find nothing")
    options.add_request(parser)


FLIP_COMMAND = Command("flip", "whose decision would change if only the recorded group were another", _add_arguments,
                       run, _show)
