"""Two groups by name: of one attribute, else of an intersection; a gap is the first minus the second."""

from __future__ import annotations

from engine.counting.groups import attribute_sets, grouping
from engine.errors import invalid
from engine.text import plain
from engine.types import Dataset


def between(
    dataset: Dataset, names: tuple[str, str], attributes: tuple[str, ...] | None = None
) -> tuple[tuple[str, ...], int, int]:
    """Return the attributes of the first grouping that has both groups, and the two groups' codes in it.

    Where `attributes` are given, only their grouping is looked at: two attributes may share names ("missing").

    Raises
    ------
    InvalidData
        Twice the same group, or no grouping has both.
    """
    if names[0] == names[1]:
        raise invalid("a gap needs two groups", "groups", f"'{plain(names[0])}' twice", "name another group")
    alone: list[str] = []
    sets = attribute_sets([attribute.name for attribute in dataset.attributes]) if attributes is None else (attributes,)
    for chosen in sets:
        known = grouping(dataset, chosen)[0].names
        if names[0] in known and names[1] in known:
            return chosen, known.index(names[0]), known.index(names[1])
        alone += [plain(name) for name in known if len(chosen) == 1]
    raise invalid("both groups must be groups of one attribute, or of one intersection", "groups",
                  f"'{plain(names[0])}' and '{plain(names[1])}'", f"e.g. two of: {', '.join(alone[:12]) or 'none'}")
