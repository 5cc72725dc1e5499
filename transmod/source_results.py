"""What the sources beside the road come to, in a fixed order."""

from __future__ import annotations

from transmod.model.aviation import flight_emissions
from transmod.model.movements import SourceResult
from transmod.model.shipping import voyage_emissions
from transmod.source_inputs import Sources


def compute_sources(sources: Sources) -> tuple[SourceResult, ...]:
    """Compute each source that a run asks for: flights by fuel, voyages by fuel, aviation."""
    results = []
    fuelled, territories = sources.fuelled, sources.territories
    if fuelled is not None and fuelled.flights is not None:
        results.append(flight_emissions(fuelled.flights, fuelled.fuels, territories))
    if fuelled is not None and fuelled.voyages is not None:
        results.append(voyage_emissions(fuelled.voyages, fuelled.fuels, territories))
    if (aviation := sources.aviation) is not None:
        from transmod.model.air_traffic import air_traffic_emissions

        results.append(
            air_traffic_emissions(
                aviation.movements, aviation.factors, territories,
                minutes=aviation.minutes, apu_share=aviation.apu_share,
            )
        )  # fmt: skip
    return tuple(results)
