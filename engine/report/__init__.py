"""What can be taken away? A report as a value, built once, then written as HTML, PDF, JSON or CSV."""

from __future__ import annotations

from engine.report.build import build
from engine.report.request import Material, ReportRequest, Template
from engine.report.templates import TEMPLATES
from engine.report.value import Blank, Definition, Measured, Picture, Provenance, Report, Section, Table

__all__ = [
    "TEMPLATES", "Blank", "Definition", "Material", "Measured", "Picture", "Provenance", "Report", "ReportRequest",
    "Section", "Table", "Template", "build",
]
