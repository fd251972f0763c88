"""``hoahong serve``: the web app, with its due work beside it."""

from __future__ import annotations

import click

from storefront import logs, serving
from storefront.cli.connection import engine_from_env
from storefront.settings import Settings


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT")
@click.option("--jobs/--no-jobs", default=True, help="Do due work in this program too.")
def serve(*, address: str, port: int, jobs: bool) -> None:
    """Serve the shop and its consoles; the README lists the settings it needs."""
    settings = Settings.from_env()  # refuses here, with a sentence, before a server starts
    serving.check_port(address, port, example="hoahong serve --port {port}")
    engine = engine_from_env()

    def tell() -> None:
        click.echo(f"Serving {settings.base_url} on {address}:{port}. Stop with Ctrl-C.")

    if not jobs:
        serving.serve(address=address, port=port, on_ready=tell)
        return
    logs.set_up()
    with serving.jobs_beside(engine):
        serving.serve(address=address, port=port, on_ready=tell)
