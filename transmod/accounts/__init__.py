"""On which line a tonne stands; sums and comparisons."""
