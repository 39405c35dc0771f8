"""Every template of a report; one more is a module with a `Template` and a line here."""

from __future__ import annotations

from engine.report.full import FULL
from engine.report.request import Template
from engine.report.tables.eu_annex4 import EU_ANNEX4
from engine.report.tables.ll144_sections import LL144
from engine.report.tables.model_risk import MODEL_RISK
from engine.report.tables.ugesp import UGESP

TEMPLATES: dict[str, Template] = {template.key: template for template in (FULL, LL144, EU_ANNEX4, MODEL_RISK, UGESP)}
