"""Results to plotly figures; the only importer of plotly. Each chart comes with its table, its words and its name."""
