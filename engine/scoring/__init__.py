"""Whatever gives a score: a column, a model trained here and asked about rows it has not seen, a model from a file."""
