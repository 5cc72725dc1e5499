"""Intake: what a run is computed from, file by file, read and checked with all faults at once."""
