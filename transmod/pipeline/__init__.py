"""The pipeline of a run: by its links, from the spectrum of a base, or many runs in a series."""
