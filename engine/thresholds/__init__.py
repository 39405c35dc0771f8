"""What does each threshold do? Sweeps, presets, two thresholds at once, and who changes sides."""
