"""`trackers`: what each of them can do, as the page that the documentation has."""

import sys

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(trackers)


def trackers() -> None:
    """Show what each tracker can do, as Markdown."""
    from trackers.overview import page
    from trackers.registry import REGISTRY

    sys.stdout.write(page(REGISTRY.values()))
