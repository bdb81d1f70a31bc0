"""The certificate of analysis and batch record of a lot as one self-contained HTML page."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import partial

from markupsafe import Markup

from exosim import plots
from exosim.attribution.words import days
from exosim.lot_certificate.document import Certificate
from exosim.telling import cells
from exosim.telling.cells import RAISED, called
from exosim.telling.page import page, picture

_POWER = re.compile(r"(?<=\d)e(-?\d+)")
_MINUTE = datetime.timedelta(minutes=1)
_LEAST_SHARE = 0.0005
"""Of what was made: a smaller loss has no row of its own."""
_SERVED = {
    "on_time": "served on time",
    "late": "served late",
    "open": "not served by the end of the run",
    "never": "not served by this lot",
}


def certificate_page(certificate: Certificate) -> str:
    """Return the page.

    Parameters
    ----------
    certificate : of :func:`exosim.certificate`

    Returns
    -------
    HTML that needs nothing but itself: it opens offline, and prints
    """
    made = certificate.why.made
    losses = [loss for loss in certificate.why.losses if made and loss.amount >= _LEAST_SHARE * made]
    return page(
        "certificate.html",
        c=certificate,
        shown=shown,
        plain=plain,
        dose=dose_in_words,
        served=_SERVED,
        hours=days,
        when=_dater(certificate),
        losses=losses,
        small=max(made - sum(loss.amount for loss in losses), 0.0),
        reviews=[step for step in certificate.view.release if step.kind == "review"],
        timeline=picture(plots.lot_timeline(certificate.why), f"Timeline of {certificate.why.name}"),
    )


def plain(text: str) -> str:
    """Return text with powers of ten as people write them: ``1.2e10`` as ``1.2×10¹⁰``."""
    return called(_POWER.sub(lambda found: f"×10{found[1].translate(RAISED)}", text))


def dose_in_words(text: str) -> str:
    """Return a dose of a scenario as people say it: ``1e10 particle`` as particles that the instrument counts."""
    number, _, kind = plain(text).partition(" ")
    return cells.dose(number, {"µg": "ug"}.get(kind, kind))


def shown(value: float, unit: str = "1", digits: int = 4) -> Markup:
    """Return a number with its unit; all its digits stand beside the text that is shown."""
    text = f"{cells.plain(value, digits)} {called(unit)}".rstrip()
    return Markup('<data value="{}">{}</data>').format(repr(float(value)), text)


def _dater(certificate: Certificate) -> Callable[[float | None], Markup | str]:
    return partial(_when, certificate)


def _when(certificate: Certificate, hour: float | None) -> Markup | str:
    """Return an hour of the run as a date and time, to the minute."""
    if hour is None:
        return "–"
    date = certificate.date(hour)
    minute = (date + _MINUTE / 2).replace(second=0, microsecond=0)
    return Markup('<time datetime="{}">{}</time>').format(minute.isoformat(), f"{minute:%Y-%m-%d %H:%M}")
