"""Where a report comes from: data, roles, policies, versions, and the one line that makes it again."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from engine import __version__
from engine.assessment import Assessment
from engine.data.catalogue import CATALOGUE
from engine.policy import Policy
from engine.report.json_form import to_json
from engine.report.request import ReportRequest
from engine.report.value import Provenance
from engine.types import Attribute, Dataset, Roles

PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "duckdb", "scikit-learn", "plotly")   # that a number may depend on


def provenance(dataset: Dataset, request: ReportRequest, found: Assessment | None, clock: datetime) -> Provenance:
    """Return where a report about these data comes from.

    Parameters
    ----------
    found
        What the policy does; None where there is no score.
    clock
        Time of the report; its zone is converted to UTC.
    """
    excluded = [(item.reason, item.rows) for item in dataset.excluded]
    if found is not None and found.unscored:
        excluded.append(("no score", found.unscored))
    return Provenance(
        dataset.name, request.source or dataset.name, dataset.sha256, dataset.fingerprint, dataset.rows,
        found.rows_used if found is not None else dataset.n, found.labelled if found is not None else 0,
        tuple(excluded), dataset.simulated, to_json(dataset.roles), dataset.score, dataset.score_source,
        tuple(found.groupings) if found is not None else (), asked(request), versions(),
        request.command or command(dataset.roles, request), stamp(clock),
    )


def stamp(clock: datetime) -> str:
    """Return a time as UTC in ISO 8601, to the second.

    >>> stamp(datetime(2026, 11, 21, 12, tzinfo=UTC))
    '2026-11-21T12:00:00Z'
    """
    return clock.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def versions() -> dict[str, str]:
    """Return the versions that numbers may depend on."""
    found = {"equipoise": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def asked(request: ReportRequest) -> dict[str, Any]:
    """Return what was asked, so that `engine.report.rerun` can ask it again; thresholds keep all their digits."""
    return {
        "template": request.template,
        "policy": None if request.policy is None else request.policy.to_json(),
        "policy_note": request.policy_note,
        "baseline": None if request.baseline is None else request.baseline.to_json(),
        "rejected": [[name, policy.to_json()] for name, policy in request.rejected],
        "groupings": None if request.groupings is None else [list(names) for names in request.groupings],
        "rate": request.rate, "disparity": request.disparity, "utility": request.utility,
        "level": request.level, "min_group": request.min_group, "cost_fp": request.cost_fp,
        "cost_fn": request.cost_fn, "seed": request.seed, "suppress_under": request.suppress_under,
        "options": [list(pair) for pair in request.options],
    }


def command(roles: Roles, request: ReportRequest, file: str = "report.html") -> str:
    """Return the line that makes the report again; a file is named by its base name, never by where it lies.

    >>> command(Roles((Attribute("sex"),), label="y", positive="1", scores=("s",)), ReportRequest(source="a b.csv"))
    "python -m engine report 'a b.csv' --label y --positive 1 --score s --protected sex:nominal -o report.html"
    """
    in_use = None if request.policy is None else request.policy.score
    words = ["python", "-m", "engine", "report", request.source or "data.csv", *_roles(roles, request.source, in_use),
             *_decision(request)]
    usual = ReportRequest()
    for option in ("template", "level", "min_group", "cost_fp", "cost_fn", "seed", "suppress_under"):
        value = getattr(request, option)
        if value != getattr(usual, option):
            words += ["--" + option.replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value)]
    for option, choice in request.options:
        words += [f"--{option}", choice] if option in ("sex", "race") else ["--option", f"{option}={choice}"]
    return shlex.join([*words, "-o", file])


def _roles(roles: Roles, source: str, in_use: str | None) -> list[str]:
    """Return the options that name the columns; of several scores, or of a score and a decision, the one in use."""
    card, first = CATALOGUE.get(source), next(iter(roles.scores), None)
    if card is not None and card.roles == roles and (in_use == first or in_use not in roles.scores):
        return []
    decides = first is None or (in_use is not None and in_use == roles.prediction)
    named: Mapping[str, str | None] = {
        "label": roles.label, "positive": roles.positive,
        "score": None if decides else in_use if in_use in roles.scores else first,
        "prediction": roles.prediction if decides else None, "selected": roles.selected if decides else None,
        "favourable": roles.favourable if card is not None or roles.favourable != "selected" else None,
        "weight": roles.weight, "id": roles.id, "features": _listed(roles.features) or None,
    }
    words = [word for option, value in named.items() if value is not None for word in (f"--{option}", value)]
    for attribute in roles.protected:
        words += _attribute(attribute)
    return words


def _listed(columns: tuple[str, ...]) -> str:
    """Return names joined by commas; one that holds a comma or a quote stands in quotes."""
    quoted = ('"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name for name in columns)
    return ",".join(quoted)


def _attribute(attribute: Attribute) -> list[str]:
    name = attribute.column.replace(":", "::")
    words = ["--protected", f"{name}:{attribute.kind}"]
    if attribute.edges:
        words += ["--edges", f"{name}={','.join(f'{edge!r}' for edge in attribute.edges)}"]
    return [*words, "--reference", f"{name}={attribute.reference}"] if attribute.reference is not None else words


def _decision(request: ReportRequest) -> list[str]:
    words = _thresholds(request.policy)
    if request.baseline is not None:
        words += ["--baseline", "baseline.json"]
    for place, _ in enumerate(request.rejected, 1):
        words += ["--rejected", f"rejected-{place}.json"]
    return words


def _thresholds(policy: Policy | None) -> list[str]:
    if policy is None:
        return []
    if policy.kind == "common":
        return ["--threshold", repr(policy.otherwise)]
    return ["--policy", "policy.json"]
