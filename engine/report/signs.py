"""Signs that no font here can draw: on paper a number stands for them, and a key says which signs they are.

DejaVu, which comes with matplotlib, draws Latin, Greek, Cyrillic, Arabic, Hebrew and more; for the others the machine's
own fonts are asked. What is left over would be printed as empty boxes, all alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.text import plain

LISTED = 60   # stand-ins in the key
BOXES = ("Last Resort", "Adobe Blank")   # fonts that have a box, or nothing, for every sign there is


class Signs:
    """The signs of one document: which fonts draw them, and what stands for those that none draws."""

    def __init__(self, text: str) -> None:
        """Look up every visible sign of a text."""
        unusual = frozenset(sign for sign in set(text) if ord(sign) > 126 and ord(sign) not in _usual() and plain(sign))
        self.families, self.missing = drawn_by(unusual)
        self.key: dict[str, str] = {}
        some = "".join(re.escape(sign) for sign in sorted(self.missing))
        self._run = re.compile(f"[{some}](?: ?[{some}])*") if some else None

    def drawable(self, value: Any) -> Any:   # noqa: ANN401 - any JSON value
        """Return a value whose texts hold stand-ins for the signs that cannot be drawn."""
        if self._run is None:
            return value
        if isinstance(value, str):
            return self._run.sub(lambda run: self.key.setdefault(run[0], f"[sign {len(self.key) + 1}]"), value)
        if isinstance(value, Mapping):
            return {name: self.drawable(each) for name, each in value.items()}
        return [self.drawable(each) for each in value] if isinstance(value, list | tuple) else value

    def sentences(self) -> list[str]:
        """Return what a reader is told: which signs each stand-in stands for; nothing where there is none."""
        if not self.key:
            return []
        named = [f"{number} is {' '.join(f'U+{ord(sign):04X}' for sign in run if sign != ' ')}"
                 for run, number in list(self.key.items())[:LISTED]]
        more = f"; {len(self.key) - LISTED:,} more" if len(self.key) > LISTED else ""
        return ["No font on this machine draws some signs of the names; numbers stand for them: "
                f"{'; '.join(named)}{more}. The HTML, JSON and CSV forms hold the names as they are."]


@lru_cache
def _usual() -> frozenset[int]:
    """Return what DejaVu Sans draws, as it comes with matplotlib."""
    from pathlib import Path

    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")).get_charmap())


@lru_cache(maxsize=32)
def drawn_by(signs: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the families of the machine's fonts that draw some signs, and the signs that none draws."""
    if not signs:
        return (), signs
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    families: list[str] = []
    for font in sorted(fontManager.ttflist, key=lambda each: (each.name, each.style != "normal", str(each.weight))):
        if font.name.startswith(BOXES):
            continue
        try:
            face = FT2Font(font.fname)
        except (OSError, RuntimeError):   # a file that is gone or no font after all
            continue
        found = face.get_charmap() if face.scalable else {}
        drawn = {sign for sign in signs if ord(sign) in found}
        if drawn:
            families.append(font.name)
            signs = signs - drawn
        if not signs:
            break
    return tuple(dict.fromkeys(families)), signs
