"""Tables, grids, maps and figures; the only room that writes results."""
