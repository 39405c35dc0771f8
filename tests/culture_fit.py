"""The worked example of 6 RCNY 5-301, with the two rows that its excerpt leaves out completed to 84 of 168 selected."""

from __future__ import annotations

from itertools import chain

SEX = {"Male": (92, 50), "Female": (76, 34)}
RACE = {
    "Hispanic or Latino": (28, 18), "White": (40, 15), "Black or African American": (32, 16),
    "Native Hawaiian or Pacific Islander": (8, 5), "Asian": (24, 10), "Native American or Alaska Native": (18, 10),
    "Two or More Races": (18, 10),
}
SEX_RATIOS, RACE_RATIOS = ["1.00", "0.82"], ["1.00", "0.58", "0.78", "0.97", "0.65"]


def people():
    """Return (sex, race, selected) of each of the 168: selected people of both marginals are paired in order."""
    rows = []
    for selected in (1, 0):
        sexes = chain(*([name] * (k if selected else n - k) for name, (n, k) in SEX.items()))
        races = chain(*([name] * (k if selected else n - k) for name, (n, k) in RACE.items()))
        rows += [(sex, race, selected) for sex, race in zip(sexes, races, strict=True)]
    return rows


def csv(extra=()):
    """Return the people as a file's text, with a score of which the selected have the upper half."""
    lines = ["applicant,sex,race_ethnicity,selected,score"]
    for k, (sex, race, selected) in enumerate([*people(), *extra]):
        lines.append(f"{k},{sex},{race},{selected},{0.5 + 0.4 * selected + k / 10_000:.4f}")
    return "\n".join(lines) + "\n"
