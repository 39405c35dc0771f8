"""Shares and ratios of counts as they are printed: exact fractions, rounded half up, as a person does by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def percent(share: Fraction) -> str:
    """Return a share to one decimal of a per cent.

    >>> percent(Fraction(1, 16)), percent(Fraction(50, 92))
    ('6.3%', '54.3%')
    """
    return f"{rounded(share * 100, 1)}%"


def ratio(value: Fraction) -> str:
    """Return a ratio to two decimals.

    >>> ratio(Fraction(34, 76) / Fraction(50, 92)), ratio(Fraction(1, 200))
    ('0.82', '0.01')
    """
    return rounded(value, 2)


def rounded(value: Fraction, places: int) -> str:
    """Return a number to some decimals, halves up.

    >>> rounded(Fraction(1, 8), 2)
    '0.13'
    """
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
