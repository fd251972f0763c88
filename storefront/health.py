"""Is the process alive, can it serve, what does it do: for load balancers and people on call."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from storefront import database, touching, transactions

health = Blueprint("health", __name__)


@health.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer that the process lives; asks nobody else."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> ResponseReturnValue:
    """Answer 200 when the database is there, with the tables that the code needs."""
    try:
        revision, newest = database.revisions(transactions.engine())
    except DBAPIError:
        return jsonify(status="no database"), 503
    if revision != newest:
        return jsonify(status="behind", revision=revision, newest=newest), 503
    spool = touching.spool_of(current_app)
    waiting = {"waiting_bytes": spool.waiting_bytes(), "most_bytes": spool.most_bytes}
    return jsonify(status="ok", revision=revision, clicks=waiting)


@health.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Tell what this process has done with clicks, a figure a line as monitors read them."""
    spool = touching.spool_of(current_app)
    text = spool.figures.as_text(
        waiting_bytes=spool.waiting_bytes(), most_bytes=spool.most_bytes, segments=spool.count()
    )
    return text, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
