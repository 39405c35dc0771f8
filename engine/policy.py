"""Thresholds as a value. Selected means ``score >= threshold``; ``inf`` selects nobody, ``-inf`` everybody."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from engine.errors import InvalidPolicy, Issue

FORMAT = "equipoise-policy/1"
CONVENTION = "score >= threshold"
PolicyKind = Literal["common", "deterministic", "randomised"]
Mix = tuple[tuple[float, float], ...]
KINDS: tuple[PolicyKind, ...] = ("common", "deterministic", "randomised")


@dataclass(frozen=True)
class Policy:
    """Who is selected: one threshold for all, one per group, or a lottery between thresholds per group.

    Parameters
    ----------
    kind
        ``common``: `otherwise` holds for everybody. ``deterministic``: one threshold per group.
        ``randomised``: a group's threshold is drawn; probabilities add up to 1.
    otherwise
        The threshold of every group that `thresholds` does not name.
    thresholds
        ``((group, ((threshold, probability), ...)), ...)``; groups as ``"a x b"`` over `attributes`.
    attributes
        The protected attributes whose groups are named, in order; empty for a common threshold.
    """

    kind: PolicyKind
    otherwise: float
    thresholds: tuple[tuple[str, Mix], ...] = ()
    attributes: tuple[str, ...] = ()
    score: str | None = None
    id: str | None = None
    seed: int = 0
    data_sha256: str | None = None

    @staticmethod
    def common(threshold: float, score: str | None = None) -> Policy:
        """Return one threshold for everybody.

        >>> Policy.common(0.5).mix("anybody")
        ((0.5, 1.0),)
        """
        return Policy("common", float(threshold), score=score)

    @staticmethod
    def per_group(
        attributes: Sequence[str], thresholds: Mapping[str, float], otherwise: float, score: str | None = None
    ) -> Policy:
        """Return one threshold per named group; the groups not named take `otherwise`."""
        mixes = tuple((group, ((float(t), 1.0),)) for group, t in thresholds.items())
        return Policy("deterministic", float(otherwise), mixes, tuple(attributes), score=score)

    def mix(self, group: str) -> Mix:
        """Return the thresholds of a group and their probabilities."""
        return dict(self.thresholds).get(group, ((self.otherwise, 1.0),))

    def to_json(self) -> dict[str, Any]:
        """Return the policy as JSON values; infinite thresholds are the words ``"inf"`` and ``"-inf"``."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "convention": CONVENTION,
            "score": self.score,
            "attributes": list(self.attributes),
            "thresholds": {group: _mix_json(mix) for group, mix in self.thresholds},
            "otherwise": _number_json(self.otherwise),
            "id": self.id,
            "seed": self.seed,
            "data": {"sha256": self.data_sha256},
        }

    @staticmethod
    def from_json(value: object) -> Policy:
        """Return the policy that a JSON value describes.

        Raises
        ------
        InvalidPolicy
            Where a part is missing or has another shape; the sentence names it.

        Examples
        --------
        >>> Policy.from_json(Policy.common(0.5).to_json()) == Policy.common(0.5)
        True
        """
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise _refused("the file must be a policy", "'format'", f"not {FORMAT!r}", "export the policy again")
        kind, attributes = value.get("kind"), value.get("attributes", [])
        if kind not in KINDS:
            raise _refused("the kind must be known", "'kind'", repr(kind), f"use one of {', '.join(KINDS)}")
        if value.get("convention", CONVENTION) != CONVENTION:
            raise _refused("thresholds must mean score >= threshold", "'convention'", repr(value["convention"]),
                           "convert the thresholds")
        if not isinstance(attributes, list) or not all(isinstance(a, str) for a in attributes):
            raise _refused("attributes must be column names", "'attributes'", repr(attributes), "give a list of text")
        groups = value.get("thresholds", {})
        if not isinstance(groups, dict) or (groups and not attributes):
            raise _refused("thresholds must be given per group of the attributes", "'thresholds'", repr(groups)[:80],
                           "name the attributes and give one threshold per group")
        data, seed = value.get("data"), value.get("seed")
        return Policy(
            cast(PolicyKind, kind),
            _number(value.get("otherwise"), "'otherwise'"),
            tuple((str(group), _mix(mix, group)) for group, mix in groups.items()),
            tuple(attributes),
            score=_text(value.get("score")),
            id=_text(value.get("id")),
            seed=seed if type(seed) is int else 0,
            data_sha256=_text(data.get("sha256")) if isinstance(data, dict) else None,
        )


def _mix(value: object, group: object) -> Mix:
    where = f"group {str(group)!r}"
    if not isinstance(value, list):
        return ((_number(value, where), 1.0),)
    if not value or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise _refused("a lottery must list [threshold, probability] pairs", where, repr(value)[:80], "correct it")
    mix = tuple((_number(t, where), _number(p, where)) for t, p in value)
    if any(not 0 <= p <= 1 for _, p in mix) or not math.isclose(sum(p for _, p in mix), 1, abs_tol=1e-9):
        raise _refused("probabilities must add up to 1", where, repr(value)[:80], "correct them")
    return mix


def _number(value: object, where: str) -> float:
    if value in ("inf", "-inf"):
        return float(str(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise _refused("a threshold must be a number", where, repr(value)[:80], 'give a number, "inf" or "-inf"')
    return float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number_json(value: float) -> float | str:
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _mix_json(mix: Mix) -> float | str | list[list[float | str]]:
    if len(mix) == 1:
        return _number_json(mix[0][0])
    return [[_number_json(t), p] for t, p in mix]


def _refused(what: str, where: str, got: str, do: str) -> InvalidPolicy:
    return InvalidPolicy(Issue("error", what, f"policy, {where}", got, do))
