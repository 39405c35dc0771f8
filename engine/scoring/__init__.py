"""Scores that are made here: models trained on a data set's own rows, never on its protected attributes."""
