"""Territorial road transport emissions of a city, link by link and hour by hour."""

__version__ = "0.1.0"
