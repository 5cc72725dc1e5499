"""What the sources beside the road come to, in a fixed order."""

from __future__ import annotations

from transmod.model.aviation import flight_emissions
from transmod.model.movements import SourceResult
from transmod.model.shipping import voyage_emissions
from transmod.source_inputs import Sources


def compute_sources(sources: Sources) -> tuple[SourceResult, ...]:
    """Compute each source that a run asks for: flights, voyages."""
    results = []
    fuelled, territories = sources.fuelled, sources.territories
    if fuelled is not None and fuelled.flights is not None:
        results.append(flight_emissions(fuelled.flights, fuelled.fuels, territories))
    if fuelled is not None and fuelled.voyages is not None:
        results.append(voyage_emissions(fuelled.voyages, fuelled.fuels, territories))
    return tuple(results)
