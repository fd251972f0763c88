"""Is the process alive, and can it serve: for load balancers and people on call."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from storefront import database, transactions

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
    return jsonify(status="ok", revision=revision)
