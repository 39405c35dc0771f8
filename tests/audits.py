"""The 28 cell counts of the audit's published data sets, and made-up rows around them."""

import numpy as np

from engine.manipulation import Sample
from engine.types import Feature

# Unprivileged unfavourable, favourable; privileged unfavourable, favourable (Lafargue et al. 2025, their data).
CELLS = {
    "ADULT": (1478, 160, 2267, 1095), "EMP": (2851, 680, 6015, 10454), "INC": (8665, 927, 8914, 1494),
    "MOB": (1160, 840, 1089, 16911), "PUC": (12460, 3984, 831, 2725), "TRA": (7843, 1883, 7402, 2872),
    "BAF": (16218, 132, 3565, 85),
}


def cells(name):
    return np.array(CELLS[name]).reshape(2, 2)


def sample(counts, columns=3, seed=0, lift=0.5, label=False):
    """Rows with these cells, in random order, and columns that lean on the decision."""
    rng = np.random.default_rng(seed)
    flat = np.asarray(counts).ravel()
    cell = rng.permutation(np.repeat(np.arange(len(flat)), flat))
    group, decision = (cell // 2).astype(np.int32), (cell % 2).astype(np.int8)
    numbers = rng.normal(size=(len(cell), columns)) + lift * decision[:, None]
    features = [Feature(f"x{k}", numbers[:, k]) for k in range(columns)]
    features.append(Feature("c", rng.integers(0, 3, len(cell)).astype(np.int32), ("a", "b", "c")))
    outcome = (rng.random(len(cell)) < 0.3 + 0.4 * decision).astype(np.int8) if label else None
    return Sample("rows", tuple("fmnopq"[: len(flat) // 2]), group, decision, tuple(features), outcome,
                  np.arange(len(cell)))
