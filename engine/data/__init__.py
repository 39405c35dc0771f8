"""Bytes and roles to a `Dataset`: reading, ingestion, guessing, quality, the catalogue and the simulated sample."""
