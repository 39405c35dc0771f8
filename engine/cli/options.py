"""The options that every command on a table shares: the data, what its columns are, who is selected."""

from __future__ import annotations

import argparse

from engine.assessment import Request
from engine.cli import parser as types


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add DATA and what each of its columns is."""
    parser.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or the name of a catalogued data set")
    _add_outcome(parser.add_argument_group("columns"))
    _add_groups(parser.add_argument_group("protected attributes"))


def _add_outcome(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--label", metavar="COL", help="the outcome; without it only selection is measured")
    group.add_argument("--positive", metavar="VALUE", help="the outcome's value that the score ranks towards")
    group.add_argument("--score", metavar="COL", help="the score; a higher one speaks for the positive value")
    group.add_argument("--prediction", metavar="COL", help="a decision of two values, instead of a score")
    group.add_argument("--selected", metavar="VALUE", help="the decision's value that means selected (1, true or yes)")
    group.add_argument("--favourable", choices=("selected", "not-selected"),
                       help="the decision that is good for the person (selected)")
    group.add_argument("--weight", metavar="COL", help="how many rows each row stands for")
    group.add_argument("--id", metavar="COL", help="what identifies a row")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument("--features", metavar="COL,...", type=types.names, help="columns a model trained here may use")
    choice.add_argument("--drop", metavar="COL,...", type=types.names, help="columns it may not use")


def _add_groups(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--protected", metavar="COL[:nominal|:continuous]", action="append", default=[],
                       help="a protected attribute; repeat for more; '::' stands for a colon in a name")
    group.add_argument("--edges", metavar="COL=25,45,60", action="append", default=[],
                       help="where the groups of a continuous attribute begin (quartiles)")
    group.add_argument("--reference", metavar="COL=GROUP", action="append", default=[],
                       help="the group that the others are compared with (the largest)")


def add_decision(parser: argparse.ArgumentParser) -> None:
    """Add who is selected: a threshold for all, one per group, or a policy from a file."""
    group = parser.add_argument_group("decision")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument("--threshold", metavar="T | COL=GROUP:T", action="append", default=[],
                        help="selected means score >= T; repeat COL=GROUP:T for groups of one attribute "
                             "(0.5 for a score in [0, 1], otherwise the median)")
    choice.add_argument("--policy", metavar="FILE", help="a policy in JSON, e.g. exported from the app")


def add_request(parser: argparse.ArgumentParser) -> None:
    """Add what the numbers are computed with: costs, confidence level, minimum group size, seed."""
    group = parser.add_argument_group("numbers")
    group.add_argument("--cost-fp", metavar="C", type=types.cost, default=1.0, help="cost of a false positive (1)")
    group.add_argument("--cost-fn", metavar="C", type=types.cost, default=1.0, help="cost of a false negative (1)")
    group.add_argument("--level", metavar="P", type=types.level, default=0.95, help="confidence level (0.95)")
    group.add_argument("--min-group", metavar="N", type=types.count, default=30,
                       help="smaller groups are shown and kept out of largest-minus-smallest numbers (30)")
    group.add_argument("--seed", metavar="N", type=types.count, default=0, help="of everything drawn at random (0)")


def request(arguments: argparse.Namespace) -> Request:
    """Return what the engine is asked, without the policy."""
    return Request(
        level=arguments.level, min_group=arguments.min_group, cost_fp=arguments.cost_fp, cost_fn=arguments.cost_fn,
        seed=arguments.seed,
    )
