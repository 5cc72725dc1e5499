"""What the sources beside the road come to, in a fixed order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from transmod.intake.sources import Sources
from transmod.model.aviation import flight_emissions
from transmod.model.movements import SourceResult
from transmod.model.shipping import voyage_emissions

if TYPE_CHECKING:
    import pandas as pd

    from transmod.intake.ships import Shipping


def compute_sources(sources: Sources) -> tuple[SourceResult, ...]:
    """Compute each source that a run asks for: flights, ships, trains, off-road machines."""
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
    if (shipping := sources.shipping) is not None:
        results += ship_results(shipping, territories)
    if (rail := sources.rail) is not None:
        from transmod.model.rail import rail_emissions

        results.append(rail_emissions(rail.trains, rail.factors, rail.network, rail.power))
    if (off_road := sources.off_road) is not None:
        from transmod.model.off_road import off_road_emissions

        results.append(off_road_emissions(off_road.machines, off_road.factors, off_road.power))
    return tuple(results)


def ship_results(shipping: Shipping, territories: pd.DataFrame) -> list[SourceResult]:
    """Compute ships by their calls, then by their tracks."""
    results = []
    if shipping.calls is not None:
        from transmod.model.shipping import call_emissions

        results.append(
            call_emissions(
                shipping.calls, shipping.tables, territories,
                year=shipping.year, kg_per_kwh=shipping.kg_per_kwh,
            )
        )  # fmt: skip
    if shipping.tracks is not None:
        from transmod.model.ship_tracks import track_emissions

        results.append(
            track_emissions(
                shipping.tracks, shipping.network, shipping.tables,
                year=shipping.year, times=shipping.times,
            )
        )  # fmt: skip
    if results and shipping.notes:
        results[0] = replace(results[0], notes=(*shipping.notes, *results[0].notes))
    return results
