"""Territorial road transport emissions of a city, link by link and hour by hour."""

from transmod.later import load_later

__version__ = "0.1.0"

load_later("pandas")
