"""What carries a gap: times of our ways against shap's and against the walk that FairTTTS draws, in one run.

    python -m tests.bench.drivers [rows ...]     (default 2e3 1e4 5e4)

Results are compared before a time is printed. Peers: shap's linear and permutation explainers, a flip test by a copy of
the table per value, Monte Carlo with 100 walks per tree.
"""

import sys
from time import perf_counter

import numpy as np

from engine.drivers import DriversRequest, FlipRequest, explain, flip_test
from engine.drivers.explainers import linear, permuted, raw_prediction
from engine.frontier.tree_correction import CorrectionRequest, correct
from engine.scoring.models import fold_models
from engine.scoring.tree_correction import Tree, as_trees, expectation, published_flip, seen_by_trees
from tests.drivers_made import lending
from tests.test_tree_correction import simulated


def timed(work):
    begun = perf_counter()
    result = work()
    return result, perf_counter() - begun


def said(what, ours, theirs, note=""):
    print(f"  {what:<56} {ours:8.3f} s   peer {theirs:8.3f} s   x {theirs / ours:7.1f}   {note}")


def linear_against_shap(data):
    from shap import LinearExplainer

    fold = next(iter(fold_models(data, "logistic", protected_in=True)))
    linear(fold, fold.held_out)   # a first call is not its work
    (phi, _, _), ours = timed(lambda: linear(fold, fold.held_out))

    def peer():
        background, inputs = (fold.encoded(rows).toarray() for rows in (fold.fitted_on, fold.held_out))
        cloud = (background.mean(axis=0), np.cov(background.T))
        columns = LinearExplainer(fold.estimator, cloud).shap_values(inputs)
        return np.stack([columns[:, fold.owners == k].sum(axis=1) for k in range(len(fold.features))], axis=1)

    peer()
    wanted, theirs = timed(peer)
    np.testing.assert_allclose(phi, wanted, atol=1e-9)
    said("linear, rows encoded, per feature / shap LinearExplainer", ours, theirs)


def permutations_against_shap(data, rows=50):
    from shap import PermutationExplainer

    fold = next(iter(fold_models(data, "logistic", protected_in=True)))
    chosen = fold.held_out[:rows]
    _, ours = timed(lambda: permuted(fold, chosen))
    background = fold.encoded(fold.fitted_on[:50]).toarray()
    peer = PermutationExplainer(lambda x: raw_prediction(fold, x), background)
    peer(fold.encoded(chosen[:2]).toarray(), max_evals=100, silent=True)   # compiled once, before the clock starts
    _, theirs = timed(lambda: peer(fold.encoded(chosen).toarray(), max_evals=100, silent=True))
    said(f"permutations of features, {rows} rows / shap, of columns", ours, theirs, "both sum exactly")


def flips_against_copies(data):
    found, ours = timed(lambda: flip_test(data, FlipRequest("sex", "decision_tree")))
    scores = np.full((data.n, 2), np.nan)

    def copies():
        for fold in fold_models(data, "decision_tree", protected_in=True):
            for v in range(2):
                inputs = fold.inputs(fold.held_out)
                inputs[:, fold.owners == 2] = np.arange(3) == v + 1
                scores[fold.held_out, v] = fold.estimator.predict_proba(inputs)[:, 1]

    _, theirs = timed(copies)
    np.testing.assert_array_equal(found.scores, scores)
    said("flip test with intervals / recoded copies", ours, theirs, f"{found.flipped.value:.2%} flip")


def expectation_against_walks(data, walks=100):
    fold = next(iter(fold_models(data, "decision_tree", protected_in=True)))
    tree = as_trees(fold.estimator, np.flatnonzero(fold.owners == 2))[0]
    inputs, helped = seen_by_trees(fold.inputs(fold.held_out)), data.attribute("sex").codes[fold.held_out] == 0
    flip = published_flip(tree, inputs, helped)
    exact, ours = timed(lambda: expectation(tree, inputs, flip))
    drawn, theirs = timed(lambda: simulated(tree, inputs, flip, walks, np.random.default_rng(0)))
    error = float(np.sqrt(np.mean((drawn - exact) ** 2)))
    said(f"FairTTTS: exact / {walks} walks", ours, theirs, f"the walks' error {error:.4f}, {nodes(tree)} nodes")


def nodes(tree: Tree) -> int:
    return len(tree.column)


def alone(data):
    for model in ("logistic", "hist_gradient_boosting", "decision_tree", "random_forest"):
        result, took = timed(lambda model=model: explain(data, DriversRequest(("F", "M"), model, True)))
        found = result.found
        off = abs(found.contributions.value.sum() + found.between.value - found.gap.value)
        print(f"  explain, {model:<44} {took:8.3f} s   {sum(found.rows):,} of {result.rows:,} rows, off by {off:.1e}")
    found, took = timed(lambda: correct(data, CorrectionRequest("sex")))
    words = f"tree correction of a forest, {len(found.strengths)} strengths"
    print(f"  {words:<53} {took:8.3f} s   {found.group_nodes:,} nodes on the group")


def main(sizes):
    for size in sizes:
        data = lending(size)
        print(f"{size:,} rows")
        linear_against_shap(data)
        permutations_against_shap(data)
        flips_against_copies(data)
        expectation_against_walks(data)
        alone(data)


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [2_000, 10_000, 50_000])
