"""
Where traffic comes from: one module for each format of planners' programs, and what joins them.

`recognition` tells a format by content, a format's module reads it to a `Reading`, `assembly` turns
a reading into a `TrafficSource`.
"""
