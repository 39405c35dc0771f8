"""Evidence for the validation of a model in a bank: blocks M1 to M10, under the headings of SR 26-2 and of SR 11-7."""

from __future__ import annotations

from collections.abc import Sequence

from engine.metrics import DISPARITIES
from engine.report.provenance import asked, command, versions
from engine.report.request import GAP_TERMS, Material, Template
from engine.report.tables import evidence, evidence_model
from engine.report.tables.blocks import Block, Item, blanks, said, sections, shown
from engine.report.value import Cell, Section, Table
from engine.report.words import decision, warnings
from engine.text import plain

KEY = "model-risk"
PERSON = {
    "M1": ("Model id and version", "Owner", "Use", "Materiality tier", "Validator, independent of the developer",
           "Dates"),
    "M2": ("Objective", "Rationale of the criterion"),
    "M3": ("Lineage", "Window of the data"),
    "M4": ("Back-test window",),
    "M5": ("Sensitivity to seed and split",),
    "M6": ("Against the previous version", "Against a simple challenger"),
    "M7": ("Assumptions, and how the data were selected",),
    "M8": ("Findings",),
    "M9": ("Triggers and frequency",),
}
FINDINGS = 3   # empty rows to write on


def blocks(material: Material) -> tuple[Block, ...]:
    """Return M1 to M10, with all that the run knows."""
    return (Block("M1", "Identification", said(material, "M1", *PERSON["M1"])), _soundness(material), _data(material),
            _outcomes(material), _sensitivity(material), _benchmark(material), _limits(material), _findings(material),
            _monitoring(material), _reproduction(material))


def _soundness(material: Material) -> Block:
    table, dataset = evidence.alternatives(material, "mr-m2-alternatives"), material.dataset
    columns = ", ".join(plain(name) for name in dataset.roles.features)
    score = None if dataset.score is None else (
        columns or f"the score '{plain(dataset.score)}' as brought; its variables are not in the data")
    policy = material.found.policy if material.found is not None else None
    return Block("M2", "Conceptual soundness", (
        said(material, "M2", PERSON["M2"][0])[0], Item("Variables", score),
        Item("Criterion", f"{DISPARITIES[material.request.disparity].name}, beside "
                          f"{material.request.utility.replace('_', ' ')}"),
        said(material, "M2", PERSON["M2"][1])[0],
        Item("Decision rule", None if policy is None else decision(policy, dataset.roles.favourable)),
        shown("Alternatives tried", table if len(evidence.named(material)) > 1 else None)), (table,))


def _data(material: Material) -> Block:
    left, lacking = evidence.exclusions(material, "mr-m3-exclusions"), evidence.unknown(material, "mr-m3-missing")
    groups = evidence.groups(material, "mr-m3-groups")
    return Block("M3", "Data", (
        *said(material, "M3", *PERSON["M3"]), shown("Exclusions with counts", left),
        shown("Missing values", lacking), shown("Groups, and missing outcomes by group", groups),
        Item("Hash", f"sha256 {material.dataset.sha256}")), (left, lacking, groups))


def _outcomes(material: Material) -> Block:
    auc, cells = evidence.discrimination(material, "mr-m4-auc"), evidence.confusion(material, "mr-m4-confusion")
    gaps = evidence.gaps(material, "mr-m4-disparities")
    calibrated, why = evidence_model.calibration(material, "mr-m4-calibration")
    item = shown("Calibration, overall and by group", calibrated)
    known = material.dataset.label is not None
    tables = tuple(table for table in (auc if known else None, calibrated, cells, gaps) if table is not None)
    reason = () if calibrated is not None else (Item("Why there is no calibration", why),)
    return Block("M4", "Outcomes analysis", (
        shown("Discrimination, overall and by group", auc if known else None), item, *reason,
        shown("Confusion table by group", cells), shown("Disparities with intervals and tests", gaps),
        *said(material, "M4", *PERSON["M4"])), tables)


def _sensitivity(material: Material) -> Block:
    table = evidence_model.thresholds(material, "mr-m5-thresholds")
    several = len(material.dataset.attributes) > 1
    return Block("M5", "Sensitivity", (
        shown("Threshold sweep", table), *said(material, "M5", *PERSON["M5"]),
        Item("Sensitivity to the definition of groups", "disparities of each attribute and of their combinations stand "
             "side by side in M4" if several else None)), (table,) if table is not None else ())


def _benchmark(material: Material) -> Block:
    base = material.baseline is not None
    table = evidence.alternatives(material, "mr-m6-benchmark") if base else None
    return Block("M6", "Benchmark", (
        shown("Against the unmitigated model (the baseline)", table), *said(material, "M6", *PERSON["M6"])),
        (table,) if table is not None else ())


def _limits(material: Material) -> Block:
    found = list(warnings(material))
    policy = material.found.policy if material.found is not None else None
    if policy is not None and policy.kind == "randomised":
        found.append("The policy draws lots: its counts are expected ones.")
    if material.dataset.counts is not None:
        found.append("The rows are elsewhere: numbers are exact at the edges of the score's bins.")
    rows: tuple[tuple[Cell, ...], ...] = tuple((plain(line, 600),) for line in found)
    table = Table("mr-m7-limits", "Limitations found in the data and the policy", ("limitation",), rows)
    return Block("M7", "Limitations and assumptions", (
        Item("Found by the run", f"table “{table.title}”" if rows else "none"), *said(material, "M7", *PERSON["M7"])),
        (table,))


def _findings(material: Material) -> Block:
    blank: tuple[Cell, ...] = (None,) * 5
    table = Table("mr-m8-findings", "Findings log", ("id", "finding", "severity", "owner", "due date"),
                  (blank,) * FINDINGS)
    return Block("M8", "Findings log", said(material, "M8", *PERSON["M8"]), (table,))


def _monitoring(material: Material) -> Block:
    now = evidence.levels(material, "mr-m9-levels")
    rows = tuple((*row[:3], None, None) for row in now.rows)
    table = Table("mr-m9-monitoring", "What to watch, and its level now",
                  ("metric", "groups of", "level now", "trigger", "frequency"), rows, definitions=now.definitions)
    return Block("M9", "Ongoing monitoring", (
        shown("Metrics and their levels now", table), *said(material, "M9", *PERSON["M9"]),
        Item("Machine-readable baseline", "this report as JSON; the command 'gate' holds new data against a line")),
        (table,))


def _reproduction(material: Material) -> Block:
    request, dataset, found = material.request, material.dataset, material.found
    config = asked(request)
    return Block("M10", "Reproduction", (
        Item("Configuration", ", ".join(f"{key} {config[key]}" for key in (
            "template", "level", "min_group", "cost_fp", "cost_fn", "disparity", "utility", "suppress_under"))),
        Item("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        Item("Seed", str(request.seed)), Item("Command", request.command or command(dataset.roles, request)),
        Item("Data", f"fingerprint {dataset.fingerprint}"),
        Item("Result", None if found is None else f"sha256 of all counts {evidence_model.digest(found)}")))


def evidence_sections(material: Material) -> Sequence[Section]:
    """Return the lines on the law, the state of each block, and the blocks."""
    return sections(KEY, blocks(material))


MODEL_RISK = Template(KEY, "Evidence for model validation, SR 26-2 (in place of SR 11-7)", evidence_sections, GAP_TERMS,
                      blanks(PERSON), "calibration, the threshold sweep",
                      "For whoever validates a bank's model: blocks M1 to M10, each marked complete, partial or not "
                      "provided.")
