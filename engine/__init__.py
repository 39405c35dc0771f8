"""Equipoise's engine: fairness and accuracy as arithmetic on counts. It never imports Streamlit."""

__version__ = "0.3.0"
