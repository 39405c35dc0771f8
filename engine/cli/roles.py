"""What each column is: the options over what the catalogue's card says, over the rules for what is not said."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from engine.cli import naming
from engine.data.guessing import column_kind
from engine.data.reading import Table
from engine.errors import invalid
from engine.types import Attribute, Kind, Roles


def spoken(arguments: argparse.Namespace, table: Table, base: Roles | None = None) -> Roles:
    """Return the roles that the options name.

    Parameters
    ----------
    arguments
        Parsed by `engine.cli.options.add_data`.
    table
        The columns, and the values that tell a kind that is not given.
    base
        The card's roles for a catalogued data set; None for a file.

    Raises
    ------
    InvalidData
        Where options contradict each other or name what is not there.
    """
    _refuse_contradictions(arguments, base)
    roles = _outcome(arguments, table.columns, base or Roles())
    roles = _decision(arguments, table.columns, roles)
    protected = _protected(arguments, table, roles)
    roles = replace(
        roles,
        protected=protected,
        weight=_named(arguments.weight, table.columns) or roles.weight,
        id=_named(arguments.id, table.columns) or roles.id,
        favourable=arguments.favourable or roles.favourable,
    )
    return replace(roles, features=_features(arguments, table.columns, roles, base))


def says_nothing(arguments: argparse.Namespace) -> bool:
    """Return whether no option about columns was given, so that a card's roles hold as they are."""
    options = ("label", "positive", "score", "prediction", "selected", "favourable", "weight", "id", "features", "drop",
               "protected", "edges", "reference")
    return not any(getattr(arguments, option) for option in options)


def _refuse_contradictions(arguments: argparse.Namespace, base: Roles | None) -> None:
    if arguments.score is not None and arguments.prediction is not None:
        raise invalid("the decision comes from a score or from a prediction", "--score and --prediction", "both",
                      "keep one of them")
    if arguments.selected is not None and arguments.prediction is None and (base is None or base.prediction is None):
        raise invalid("--selected belongs to a prediction", "--selected", "no --prediction", "name a prediction")
    if arguments.positive is not None and arguments.label is None and (base is None or base.label is None):
        raise invalid("--positive belongs to an outcome", "--positive", "no --label", "name the outcome with --label")
    if base is None and not arguments.protected:
        raise invalid("a protected attribute is needed", "--protected", "none", "name one or more columns")


def _named(word: str | None, columns: Sequence[str]) -> str | None:
    return None if word is None else naming.column(word, columns)


def _outcome(arguments: argparse.Namespace, columns: Sequence[str], roles: Roles) -> Roles:
    if arguments.label is None:
        return roles if arguments.positive is None else replace(roles, positive=arguments.positive)
    label = naming.column(arguments.label, columns)
    same = label == roles.label
    positive = arguments.positive or (roles.positive if same else None)
    return replace(roles, label=label, positive=positive, target=None, target_kind=None, exposure=None)


def _decision(arguments: argparse.Namespace, columns: Sequence[str], roles: Roles) -> Roles:
    if arguments.score is not None:
        return replace(roles, scores=(naming.column(arguments.score, columns),), prediction=None, selected=None)
    if arguments.prediction is not None:
        prediction = naming.column(arguments.prediction, columns)
        return replace(roles, scores=(), prediction=prediction, selected=arguments.selected)
    return roles if arguments.selected is None else replace(roles, selected=arguments.selected)


def _protected(arguments: argparse.Namespace, table: Table, roles: Roles) -> tuple[Attribute, ...]:
    carded = {attribute.column: attribute for attribute in roles.protected}
    words = [naming.attribute(word, table.columns) for word in arguments.protected]
    chosen = words or [(column, None) for column in carded]
    columns = [column for column, _ in chosen]
    edges = naming.edges(arguments.edges, columns)
    references = naming.references(arguments.reference, columns)
    return tuple(
        _attribute(table, column, kind, carded.get(column), edges.get(column), references.get(column))
        for column, kind in chosen
    )


def _attribute(
    table: Table, column: str, kind: Kind | None, carded: Attribute | None, edges: tuple[float, ...] | None,
    reference: str | None,
) -> Attribute:
    if kind == "nominal" and edges:
        raise invalid("edges belong to a continuous attribute", f"--edges for {column!r}", "--protected ...:nominal",
                      "make it continuous or drop the edges")
    if carded is not None and kind in (None, carded.kind):
        return replace(carded, kind="continuous" if edges else carded.kind, edges=edges or carded.edges,
                       reference=reference or carded.reference)
    return Attribute(column, kind or ("continuous" if edges else column_kind(table, column)), edges or (), reference)


def _features(
    arguments: argparse.Namespace, columns: Sequence[str], roles: Roles, base: Roles | None
) -> tuple[str, ...]:
    if arguments.features is not None:
        return tuple(naming.column(word, columns) for word in arguments.features)
    dropped = {naming.column(word, columns) for word in arguments.drop or ()}
    for name in sorted(dropped - set(columns)):
        raise invalid("a column to drop must exist", "--drop", repr(name), "correct its name")
    taken = {roles.label, roles.target, roles.prediction, roles.weight, roles.id, roles.exposure, *roles.scores,
             *(attribute.column for attribute in roles.protected)}
    # A file with a score needs no model, so nothing is read for one.
    trains = not roles.scores and roles.prediction is None
    default = base.features if base is not None else columns if trains or dropped else ()
    return tuple(column for column in default if column not in taken | dropped)
