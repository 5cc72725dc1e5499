"""Finished runs side by side: two of them, or several with one base."""
