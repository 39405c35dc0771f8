"""Text that came from a file is hostile: made plain here, once, and escaped for the sink that shows it."""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 60
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$:~&@^=])")
_ADDRESS = re.compile(r"(?i)(https?:(?=//)|www(?=\.)|@(?=[\w-])|(?:mailto|xmpp):)")
_JOINER = "\u2060"   # shows nothing; without it Markdown makes a link of any address, escaped or not
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(value: object, longest: int = LONGEST) -> str:
    """Return one visible line: no control, bidi or zero-width characters, at most `longest` characters.

    >>> plain("a\\u202eb\\n c")
    'ab c'
    """
    text = "".join(" " if c in "\n\r\t" else c for c in str(value))
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def markdown(value: object, longest: int = LONGEST) -> str:
    """Return `plain` text that Markdown shows literally: no link, image, formula, emoji code or HTML.

    >>> markdown("![t](x_y)")
    '\\\\!\\\\[t\\\\]\\\\(x\\\\_y\\\\)'
    >>> "://" in markdown("http://x").replace("\\\\", "")
    False
    """
    shown = plain(value, longest).replace(">=", f">{_JOINER}=").replace("<=", f"<{_JOINER}=")   # else drawn as ≥ and ≤
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(rf"\1{_JOINER}", shown))


def markup(value: object) -> str:
    """Return `plain` text for HTML and for Plotly, which reads a subset of it.

    >>> markup("<b>x</b>")
    '&lt;b&gt;x&lt;/b&gt;'
    """
    return html.escape(plain(value), quote=True)


def cell(value: object) -> object:
    """Return a value safe in a spreadsheet: text that would start a formula gets a leading apostrophe.

    >>> cell("=1+1"), cell(-2.0)
    ("'=1+1", -2.0)
    """
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
