"""``rates``: what a decision does to every group."""

from __future__ import annotations

import argparse
from dataclasses import replace

from engine.cli import options, tables, values
from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import between_edges, chosen_policy
from engine.cli.source import scored_dataset


def run(arguments: argparse.Namespace) -> Outcome:
    """Return every rate and disparity of every grouping under the policy that the options name."""
    from engine.assessment import assess

    dataset = scored_dataset(arguments, counts=True)
    policy, note = chosen_policy(arguments, dataset)
    note = "; ".join(filter(None, (note, between_edges(dataset, policy)))) or None
    if policy.score is not None and policy.score != dataset.score:
        dataset = dataset.using(policy.score)
    request = options.request(arguments)
    found = assess(dataset, replace(request, policy=policy))
    return Outcome({
        "data": values.data(dataset, found),
        "roles": values.roles(dataset),
        "policy": values.policy(policy, note),
        "settings": values.settings(request),
        "overall": {**values.cells(found.overall, 0), "rates": values.estimates(found.overall.rates, 0),
                    "auc": values.estimate(found.overall.auc[0])},
        "groupings": {name: values.grouping(result) for name, result in found.groupings.items()},
    })


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    options.add_decision(parser)
    options.add_request(parser)


def _show(value: Value) -> str:
    return tables.assessment(value)


RATES_COMMAND = Command(
    "rates", "every rate and disparity of every group, with intervals", _add_arguments, run, _show
)
