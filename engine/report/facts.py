"""The provenance of a report as lines to be read: name and value, for every renderer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.report.value import Report
from engine.text import plain


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what a reader needs to trust the numbers, or to make them again, in the order it is read."""
    came, asked = report.provenance, report.provenance.request
    rows = [f"{came.rows_used:,} of {came.rows:,} used, {came.labelled:,} with a known outcome",
            *(f"{count:,} left out: {plain(reason, 200)}" for reason, count in came.excluded)]
    return [
        ("Data", plain(came.name) + (" (simulated)" if came.simulated else "")), ("Source", plain(came.source, 200)),
        ("sha256 of the source", came.sha256), ("Fingerprint of source and roles", came.fingerprint),
        ("Rows", "\n".join(rows)), ("Roles", "\n".join(_roles(came.roles))),
        ("Score", f"{plain(came.score or 'none')} ({came.score_source})"),
        ("Groupings", ", ".join(plain(name) for name in came.groupings) or "none"),
        ("Settings", _settings(asked)), ("Small groups", _small(asked)),
        ("Versions", ", ".join(f"{name} {number}" for name, number in came.versions.items())),
        ("Made at", came.clock), ("Report", f"{report.format}, template {plain(report.template)}"),
    ]


def _roles(roles: Mapping[str, Any]) -> list[str]:
    said = []
    if roles.get("label") is not None:
        said.append(f"outcome: {plain(roles['label'])}, positive is {plain(roles.get('positive'))}")
    else:
        said.append("outcome: none")
    if roles.get("prediction") is not None:
        chosen = roles.get("selected")
        which = "second decision" if roles.get("scores") else "decision"
        said.append(f"{which}: {plain(roles['prediction'])}" + (f", selected is {plain(chosen)}" if chosen else ""))
    for attribute in roles.get("protected", ()):
        reference = attribute.get("reference")
        said.append(f"protected: {plain(attribute['column'])} ({attribute['kind']})"
                    + (f", reference {plain(reference)}" if reference is not None else ""))
    said.append(f"favourable: {'selected' if roles.get('favourable') != 'not-selected' else 'not selected'}")
    said += [f"{role}: {plain(roles[role])}" for role in ("weight", "id") if roles.get(role) is not None]
    return said


def _settings(asked: Mapping[str, Any]) -> str:
    return (f"level {asked['level']:g}, minimum group {asked['min_group']}, cost of a false positive "
            f"{asked['cost_fp']:g}, of a false negative {asked['cost_fn']:g}, seed {asked['seed']}")


def _small(asked: Mapping[str, Any]) -> str:
    under = asked["suppress_under"]
    return f"numbers of groups under {under} rows are left out" if under else "shown as they are"
