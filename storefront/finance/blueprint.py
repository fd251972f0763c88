"""The blueprint of the finance console; its pages add themselves to it."""

from __future__ import annotations

from flask import Blueprint

finance = Blueprint("finance", __name__, url_prefix="/finance")
