"""Self-contained pages from templates: text is escaped, pictures and styles stand in the page itself.

A page loads nothing: no script, no font, no picture from elsewhere. What a template is not given is an error.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
import matplotlib
from markupsafe import Markup

from exosim.errors import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SVG: Any = {"svg.fonttype": "path", "svg.hashsalt": "exosim"}
"""Letters as outlines, so that a page looks alike without our font; ids that do not change from run to run."""
_NO_METADATA = {"Date": None, "Creator": None}
_NAMED = re.compile(r'(\bid="|\bhref="#|url\(#)')
"""Where an SVG gives a name to a part of it, or calls it."""


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("exosim.telling", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.globals["style"] = Markup(made.get_template("style.css").render())
    return made


def _shown(value: Any) -> Any:
    """Return what a template shows; control characters of a scenario's own texts are told, never sent."""
    return printable(value) if type(value) is str else value


def page(template: str, **values: Any) -> str:
    """Return a page from one of the templates in ``exosim/telling/pages``.

    Parameters
    ----------
    template : name of the file; it extends ``base.html``
    values : what the template shows; text in them is escaped
    """
    return _environment().get_template(template).render(**values)


def picture(axes: Axes, says: str) -> Markup:
    """Return a figure as an inline SVG that scales with the page.

    Parameters
    ----------
    axes : any axes of the figure
    says : what the picture shows, for those who do not see it
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure")
    drawn = io.StringIO()
    with matplotlib.rc_context(_SVG):
        figure.savefig(drawn, format="svg", metadata=_NO_METADATA, bbox_inches="tight")
    return inline(drawn.getvalue(), says)


def inline(drawing: str, says: str) -> Markup:
    """Return an SVG file as a part of a page.

    Parameters
    ----------
    drawing : text of the file
    says : what it shows, for those who do not see it
    """
    body = _own_names(drawing[drawing.index("<svg") :])
    return Markup('<div class="picture" role="img" aria-label="{}">').format(says) + Markup(body) + Markup("</div>")


def _own_names(body: str) -> str:
    """Return an SVG whose ids are its own: two pictures on a page would else take each other's letters and clips."""
    own = f"p{hashlib.sha256(body.encode()).hexdigest()[:8]}-"
    return _NAMED.sub(lambda found: f"{found[1]}{own}", body)
