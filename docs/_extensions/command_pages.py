"""The page of the command line's own help."""

from __future__ import annotations

import click

from exosim.cli import cli

_WIDTH = 80


def pages() -> dict[str, str]:
    """Return the page by file."""
    told = "What `exosim --help` and `exosim COMMAND --help` print."
    parts = ["# Help of the commands", told, _shown(cli, "exosim")]
    for name, command in sorted(cli.commands.items()):
        parts += [f"## exosim {name}", _shown(command, f"exosim {name}")]
    return {"help.md": "\n\n".join(parts) + "\n"}


def _shown(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=_WIDTH, max_content_width=_WIDTH)
    return f"```text\n{command.get_help(context)}\n```"
