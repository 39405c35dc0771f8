"""Who changes sides between two policies: persons by group and outcome, newly selected right, newly rejected left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import BLUE, GREY, SHOWN, VERMILION, Chart, Column, axis, badge, hatch, house
from engine.text import markup, plain
from engine.thresholds.changes import OUTCOMES, Changes

LOOK = (("positive outcome", BLUE, ""), ("not positive", VERMILION, "/"), ("outcome unknown", GREY, "x"))
READING = (
    "Bars to the right are persons whom only the policy in use selects, bars to the left those whom only the starting "
    "policy selects, by their outcome. Look at the groups that carry the change, and whether those who lose a place "
    "had the outcome or not."
)


def who_changes(found: Changes, shown: Sequence[int]) -> Chart:
    """Draw rows that only one of two policies selects, by group and outcome; at most `theme.SHOWN` groups.

    The table has all groups, in the order of `shown` first.
    """
    drawn = list(shown)[:SHOWN]
    figure = go.Figure()
    sides = ((found.newly_selected, 1, "newly selected"), (found.newly_rejected, -1, "newly rejected"))
    for slot, (name, colour, pattern) in enumerate(LOOK):
        for counts, sign, side in sides:
            if counts[:, slot].any():
                figure.add_bar(
                    y=list(range(len(drawn))), x=sign * counts[drawn, slot], orientation="h", name=name,
                    legendgroup=name, showlegend=sign > 0 or not found.newly_selected[:, slot].any(),
                    marker={"color": colour, "line": {"width": 0}, "pattern": hatch(pattern)},
                    customdata=counts[drawn, slot],
                    hovertemplate=f"%{{customdata:,.0f}} {side}<extra>{name}</extra>",
                )
    reach = _reach(found, drawn)
    house(figure, 100 + 26 * len(drawn), barmode="relative", bargap=0.35, showlegend=True,
          margin={"l": 8, "r": 8, "t": 28, "b": 8})
    ticks = [-reach, -reach / 2, 0, reach / 2, reach]
    figure.update_xaxes(**axis("← newly rejected      persons      newly selected →"), tickvals=ticks,
                        range=[-1.08 * reach, 1.08 * reach], ticktext=[f"{abs(tick):,.0f}" for tick in ticks])
    labels = [f"<b>{badge(g)}</b> {markup(plain(found.groups.names[g], 26))}" for g in drawn]
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, autorange="reversed",
                        showgrid=False)
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return Chart(figure, change_table(found, shown), _alt(found, drawn), READING, "who-changes")


def change_table(found: Changes, shown: Sequence[int]) -> dict[str, Column]:
    """Return the same as columns: per group newly selected and newly rejected by outcome, and the balance."""
    rows = list(shown)
    table: dict[str, Column] = {"group": [plain(found.groups.names[g]) for g in rows]}
    for word, counts in (("newly selected", found.newly_selected), ("newly rejected", found.newly_rejected)):
        for slot, outcome in enumerate(OUTCOMES):
            if found.newly_selected[:, slot].any() or found.newly_rejected[:, slot].any() or slot < 2:
                table[f"{word}: {outcome}"] = [float(counts[g, slot]) for g in rows]
    table["selected, change"] = [float(found.newly_selected[g].sum() - found.newly_rejected[g].sum()) for g in rows]
    return table


def _reach(found: Changes, drawn: Sequence[int]) -> float:
    """Return a round number that the longest bar does not pass."""
    sums = [counts[list(drawn)].sum(axis=1).max(initial=0) for counts in (found.newly_selected, found.newly_rejected)]
    longest = float(max(*sums, 1))
    unit = 10.0 ** np.floor(np.log10(longest))
    return float(next(step * unit for step in (1, 2, 3, 4, 6, 8, 10) if step * unit >= longest))


def _alt(found: Changes, drawn: Sequence[int]) -> str:
    parts = [f"{plain(found.groups.names[g], 26)}: {found.newly_selected[g].sum():,.0f} newly selected, "
             f"{found.newly_rejected[g].sum():,.0f} newly rejected" for g in drawn]
    return "Persons who change sides, by group. " + "; ".join(parts) + "."
