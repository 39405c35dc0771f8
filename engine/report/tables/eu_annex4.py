"""Evidence for the technical documentation of Regulation (EU) 2024/1689, Annex IV: blocks E1 to E10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine import __version__
from engine.metrics import DISPARITIES, RATES
from engine.report.provenance import asked, command, versions
from engine.report.request import GAP_TERMS, Material, Template
from engine.report.tables import evidence
from engine.report.tables.blocks import Block, Item, blanks, said, sections, shown
from engine.report.value import Section
from engine.report.words import decision
from engine.text import plain

KEY = "eu-annex4"
PERSON = {
    "E1": ("Intended purpose", "Provider", "Version, and link to the previous version"),
    "E2": ("Key design choices and assumptions, persons and groups included", "Why this point was chosen"),
    "E3": ("Origin and period of the data", "Labelling", "Representativeness for the intended population"),
    "E4": ("Measures to prevent and mitigate",),
    "E5": ("Why special categories are needed", "Legal basis", "Pseudonymisation", "Who has access", "Deletion date"),
    "E6": ("Procedures of validation and test", "Robustness", "Test logs", "Dated and signed by"),
    "E7": ("Conditions of the performance", "Foreseeable unintended outcomes", "Sources of discrimination risk"),
    "E8": ("Why these metrics", "What they do not cover"),
    "E10": ("Change since the last report",),
}


def blocks(material: Material) -> tuple[Block, ...]:
    """Return E1 to E10, with all that the run knows."""
    return (_system(material), _trade_off(material), _data(material), _bias(material),
            Block("E5", "Special-category data", said(material, "E5", *PERSON["E5"])), _validation(material),
            _performance(material), _metrics(material), _levels(material), _log(material))


def _system(material: Material) -> Block:
    return Block("E1", "System", said(material, "E1", *PERSON["E1"]))


def _trade_off(material: Material) -> Block:
    request, table = material.request, evidence.alternatives(material, "eu-e2-points")
    aims = f"{request.utility.replace('_', ' ')}, against {DISPARITIES[request.disparity].name}"
    policy = material.found.policy if material.found is not None else None
    chosen = None if policy is None else decision(policy, material.dataset.roles.favourable)
    rejected = "; ".join(f"{plain(name)}: {decision(each.policy, material.dataset.roles.favourable)}"
                         for name, each in evidence.named(material)[1:]) or None
    return Block("E2", "Design and trade-offs", (
        Item("What is optimised", aims),
        *said(material, "E2", PERSON["E2"][0]), Item("Chosen point", chosen), Item("Rejected points", rejected),
        shown("Trade-off between them", table), *said(material, "E2", PERSON["E2"][1])), (table,))


def _data(material: Material) -> Block:
    dataset = material.dataset
    groups, left = evidence.groups(material, "eu-e3-groups"), evidence.exclusions(material, "eu-e3-exclusions")
    lacking = evidence.unknown(material, "eu-e3-missing")
    return Block("E3", "Data sheet", (
        *said(material, "E3", PERSON["E3"][0]),
        Item("Rows", f"{dataset.rows:,} in the source, {evidence.whole(material):,} used; one data set, "
                     "no division into training, validation and test is known here"),
        shown("Groups", groups), *said(material, "E3", PERSON["E3"][1]), shown("Cleaning: rows left out", left),
        shown("Known gaps", lacking), *said(material, "E3", PERSON["E3"][2])), (groups, left, lacking))


def _bias(material: Material) -> Block:
    names = ", ".join(plain(attribute.name) for attribute in material.dataset.attributes) or None
    table = evidence.gaps(material, "eu-e4-disparities")
    return Block("E4", "Bias examination", (
        Item("Method", "rates of each group with intervals; disparities between the two groups furthest apart, with "
                       "intervals and p-values; formulas under Definitions"),
        Item("Attributes", names), shown("Result and residual gap", table),
        *said(material, "E4", *PERSON["E4"])), (table,))


def _validation(material: Material) -> Block:
    rates = ", ".join(RATES[key].name for key in evidence.PERFORMANCE)
    gaps = shown("Potentially discriminatory impacts", evidence.gaps(material, "eu-e4-disparities"))
    return Block("E6", "Validation and test", (
        *said(material, "E6", PERSON["E6"][0]),
        Item("Test data", f"{plain(material.dataset.name)}, {evidence.whole(material):,} rows, sha256 "
                          f"{material.dataset.sha256}"),
        Item("Metrics for accuracy", rates), *said(material, "E6", PERSON["E6"][1]),
        replace(gaps, value=gaps.value and f"{gaps.value} under E4"), *said(material, "E6", *PERSON["E6"][2:])))


def _performance(material: Material) -> Block:
    table = evidence.performance(material, "eu-e7-performance")
    return Block("E7", "Performance by group", (
        shown("Performance for persons, groups and overall", table), *said(material, "E7", *PERSON["E7"])), (table,))


def _metrics(material: Material) -> Block:
    names = "; ".join(DISPARITIES[key].name for key in dict.fromkeys((material.request.disparity, *evidence.GAPS)))
    return Block("E8", "Metric appropriateness", (
        Item("Metrics used", f"{names}; each is defined under Definitions"), *said(material, "E8", *PERSON["E8"])))


def _levels(material: Material) -> Block:
    table, dataset = evidence.levels(material, "eu-e9-levels"), material.dataset
    return Block("E9", "Declared levels", (
        shown("Metrics with intervals, to paste into the instructions for use", table),
        Item("Evaluation set", f"{plain(dataset.name)}, fingerprint {dataset.fingerprint}")), (table,))


def _log(material: Material) -> Block:
    request, dataset = material.request, material.dataset
    config = asked(request)
    return Block("E10", "Log and change", (
        Item("Tool and versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        Item("Configuration", ", ".join(f"{key} {config[key]}" for key in (
            "template", "level", "min_group", "cost_fp", "cost_fn", "disparity", "utility", "suppress_under"))),
        Item("Seed", str(request.seed)), Item("Data", f"sha256 {dataset.sha256}, fingerprint {dataset.fingerprint}"),
        Item("Run", request.command or command(dataset.roles, request)),
        Item("To keep", f"10 years; made by Equipoise {__version__}"), *said(material, "E10", *PERSON["E10"])))


def evidence_sections(material: Material) -> Sequence[Section]:
    """Return the lines on the law, the state of each block, and the blocks."""
    return sections(KEY, blocks(material))


EU_ANNEX4 = Template(KEY, "Evidence for technical documentation, Regulation (EU) 2024/1689, Annex IV",
                     evidence_sections, GAP_TERMS, blanks(PERSON),
                     about="For whoever assesses a high-risk system in the European Union: blocks E1 to E10, each "
                           "marked complete, partial or not provided.")
