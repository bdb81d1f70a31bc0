"""How the documentation site is built; `make docs` does it. Nothing on the site comes from another host."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

from exosim.version import __version__  # noqa: E402 - after the path is set

project = "exosim"
author = "The exosim developers"
project_copyright = "The exosim developers"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "generated_pages",
    "leaving_links",
    "own_mathjax",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
smartquotes = False  # -- is an option of the command line, not a dash
exclude_patterns = ["_build", "_extensions", "generated/gallery/*.ipynb"]
nitpicky = False
suppress_warnings = ["config.cache"]  # functions in sphinx_gallery_conf; the gallery is small

nb_execution_mode = "off"  # notebooks are stored executed; tests/test_notebooks.py keeps them current
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": [str(HERE.parent / "examples" / "gallery")],
    "gallery_dirs": ["generated/gallery"],
    "filename_pattern": r"\.py$",
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
}

html_context = {"default_mode": "auto"}  # light or dark as the system is; the theme warns without it
html_theme = "pydata_sphinx_theme"
html_title = f"exosim {version}"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
_WITH_CONTENTS = ("explanation/*", "generated/*", "glossary", "how_to/*", "notebooks/*", "reference/*")
"""Pages with their contents at the right; those of the tutorial are short, and their tables need the room."""
html_theme_options = {
    "logo": {"image_light": "_static/icon.svg", "image_dark": "_static/icon.svg", "text": "exosim"},
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "secondary_sidebar_items": {pages: ["page-toc"] for pages in _WITH_CONTENTS},
}
