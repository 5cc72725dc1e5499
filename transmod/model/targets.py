"""
CO2 targets of new vehicles: how many of them must be electric.

The CO2 of a new vehicle in the test is what its row gives (`test_co2_g_km`), else that of its type
over the phases of the WLTC, divided by the gap between road and test of `gaps.csv`. Battery
vehicles count as zero, plug-ins by the share of kilometres on their engine. Combustion and plug-in
vehicles of all sizes give way in proportion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from transmod.errors import Faults, InputError
from transmod.inputs.checks import listed
from transmod.inputs.fleet_tables import ANY, Turnover
from transmod.inputs.profiles import ProfileSet
from transmod.model.cohorts import standards, to_types
from transmod.model.cycles import cycle_means
from transmod.model.turnover import GROUP, Floats, Renewal

CYCLE = "wltc"
_ROUNDING = 1e-9
_KIND = ["vehicle_class", "powertrain", "fuel", "size", "emission_standard", "use"]


def raise_electric_share(
    new: pd.DataFrame, target_g_km: float, electric_sizes: pd.DataFrame, *, most: float = 1.0
) -> pd.DataFrame:
    """
    Raise the electric share of new vehicles until their mean CO2 meets a target.

    Parameters
    ----------
    new : pandas.DataFrame
        New vehicles of one class, as `fleet_tables.STOCK`, with `test_co2_g_km` [g/km] in every
        row; zero of electric ones.
    target_g_km : float
        Mean CO2 in the test that must not be passed [g/km].
    electric_sizes : pandas.DataFrame
        Which size of electric vehicle replaces which; a size without a row replaces itself.
    most : float
        Highest electric share that can be reached [-].

    Returns
    -------
    pandas.DataFrame
        As many vehicles, the fewest possible of them changed; unchanged where the target is met.

    Raises
    ------
    InputError
        If the target needs a higher electric share than `most`.
    """
    total = new["vehicles"].sum()
    mean = float((new["vehicles"] * new["test_co2_g_km"]).sum() / total)
    if mean <= target_g_km * (1.0 + _ROUNDING):
        return new
    burns = (new["test_co2_g_km"] > 0).to_numpy()
    moved = 1.0 - target_g_km / mean  # share of what burns that turns electric
    share = 1.0 - float(new.loc[burns, "vehicles"].sum()) / total * (1.0 - moved)
    if share > most + _ROUNDING:
        raise InputError(
            f"Electric share of new {new['vehicle_class'].iloc[0]} must be at most {most:.0%} [-]: "
            f"a mean of {target_g_km:g} g/km needs {share:.1%}, as the others emit "
            f"{mean * total / new.loc[burns, 'vehicles'].sum():.0f} g/km. Raise the limit, or "
            "choose another target."
        )
    size = electric_sizes.set_index(["vehicle_class", "size"])["electric_size"]
    was = pd.MultiIndex.from_frame(new.loc[burns, ["vehicle_class", "size"]])
    electric = new[burns].assign(
        vehicles=new.loc[burns, "vehicles"] * moved,
        powertrain="bev",
        fuel="electricity",
        size=size.reindex(was).fillna(pd.Series(was.get_level_values(1), was)).to_numpy(),
        emission_standard="",
        test_co2_g_km=0.0,
    )
    left = new.assign(vehicles=new["vehicles"].where(~burns, new["vehicles"] * (1.0 - moved)))
    both = pd.concat([left, electric], ignore_index=True)
    keys = [c for c in both.columns if c != "vehicles"]
    both = both.groupby(keys, dropna=False, as_index=False)[["vehicles"]].sum()
    return both[both["vehicles"] > 0].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Bench:
    """The test bench of a region: CO2 of new vehicles by kind, each worked out once."""

    profiles: ProfileSet
    turnover: Turnover
    region: str
    _road: dict[tuple[str, ...], float] = field(default_factory=dict)

    def co2(self, new: pd.DataFrame, test: str) -> Floats:
        """
        Return the CO2 of each row of new vehicles in a test [g/km].

        Raises
        ------
        InputError
            If a class has no gap for the test.
        """
        faults = Faults()
        standard = standards(new, self.profiles, self.turnover, self.region, faults)
        faults.raise_any()
        kinds = new[_KIND].assign(emission_standard=standard)
        self._drive(kinds)
        out = new["test_co2_g_km"].to_numpy(float).copy()
        for i, kind in enumerate(kinds.itertuples(index=False, name=None)):
            if np.isnan(out[i]):
                road = self._road[kind]
                out[i] = road and road / self._gap(kind[0], kind[2], test, faults)
        faults.raise_any()
        return out

    def _drive(self, kinds: pd.DataFrame) -> None:
        """Work out CO2 on the road of the kinds that are not known yet."""
        wanted = kinds.drop_duplicates()
        known = [kind in self._road for kind in wanted.itertuples(index=False, name=None)]
        wanted = wanted[~np.array(known, bool)].reset_index(drop=True)
        if wanted.empty:
            return
        rows = wanted.assign(row=wanted.index, vehicles=1.0, registration_year=0)
        typed = to_types(rows, self.profiles, self.turnover, self.region)
        types = typed["vehicle_type"]
        means = cycle_means(self.profiles, self.turnover, CYCLE, types.unique().tolist())
        co2 = means["co2"].loc[types].to_numpy() * typed["vehicles"].to_numpy()
        road = np.bincount(typed["row"], co2, len(rows))
        names = wanted.itertuples(index=False, name=None)
        self._road.update(zip(names, road.tolist(), strict=True))

    def _gap(self, vehicle_class: str, fuel: str, test: str, faults: Faults) -> float:
        gaps = self.turnover.gaps[self.turnover.gaps["test"] == test]
        near = gaps["vehicle_class"].isin((vehicle_class, ANY)) & gaps["fuel"].isin((fuel, ANY))
        if not near.any():
            faults.add(
                f"Gap between road and test {test} must be given for {vehicle_class} {fuel} [-]: "
                f"no row of gaps.csv. Tests given: {listed(self.turnover.gaps['test'])}. Or give "
                "`test_co2_g_km` in the table of vehicles."
            )
            return np.nan
        vague = (gaps.loc[near, ["vehicle_class", "fuel"]] == ANY).sum(axis=1)
        return float(gaps["gap"].to_numpy()[near.to_numpy()][vague.to_numpy().argmin()])


def target_of(turnover: Turnover, region: str, vehicle_class: str, year: int) -> pd.Series | None:
    """
    Return the row of `targets.csv` that holds for new vehicles of a class in a year.

    None where there is none. Limits of each vehicle (GB 30510) are no targets of a mean: no
    electric vehicle makes another one lawful.
    """
    rows = turnover.of_region(turnover.targets, region)
    rows = rows[(rows["vehicle_class"] == vehicle_class) & (rows["first_year"] <= year)]
    rows = rows[rows["kind"] != "limit"].sort_values("first_year", kind="stable")
    return None if rows.empty else rows.iloc[-1]


def target_g_km(row: pd.Series, profiles: ProfileSet, base: Callable[[], float]) -> float:
    """
    Return a target in g/km.

    Parameters
    ----------
    row : pandas.Series
        Row of `targets.csv` that is a mean or a reduction.
    profiles : ProfileSet
        Its petrol turns L/100km into g/km.
    base : callable
        Gives the mean CO2 [g/km] of the base year of a reduction.
    """
    if row["kind"] == "reduction":
        return (1.0 - float(row["value"])) * base()
    if row["unit"] == "L/100km":
        petrol = profiles.fuels.set_index("fuel").loc["petrol"]
        per_litre = petrol["density_kg_l"] * petrol["ncv_mj_kg"] * petrol["co2_g_mj"]
        return float(row["value"] * per_litre / 100.0)
    return float(row["value"])


def towards_targets(
    profiles: ProfileSet, turnover: Turnover, registered: pd.DataFrame, region: str
) -> Renewal:
    """
    Return what drives the new registrations of each year towards the targets of a region.

    Parameters
    ----------
    profiles, turnover
        Types; targets, gaps, cycle.
    registered : pandas.DataFrame
        Vehicles by year of registration, as `fleet_tables.STOCK`: the base of a reduction.
    region : str
        Region of the targets and of the standards.

    Returns
    -------
    callable
        For `turnover.move_on`. Each group of class, trip kind and district meets the target.

    Raises
    ------
    InputError
        On call: no vehicles of the base year, or a target out of reach.
    """
    bench = Bench(profiles, turnover, region)
    mean_of: dict[tuple[str, int, str], float] = {}

    def base(vehicle_class: str, row: pd.Series) -> float:
        key = (vehicle_class, int(row["base_year"]), str(row["test"]))
        if key not in mean_of:
            own = registered[
                (registered["vehicle_class"] == vehicle_class) & (registered["vehicles"] > 0)
            ]
            # a base year beyond the table has the mix that was registered last
            year = min(key[1], int(own["registration_year"].max()))
            old = own[own["registration_year"] == year].assign(registration_year=key[1])
            if old.empty:
                raise InputError(
                    f"Vehicles of {vehicle_class} registered in {key[1]} must be given, as "
                    f"{row['rule']} is a reduction from that year: none found."
                )
            co2 = bench.co2(old, key[2])
            mean_of[key] = float(np.average(co2, weights=old["vehicles"]))
        return mean_of[key]

    def renew(new: pd.DataFrame, year: int) -> pd.DataFrame:
        parts = []
        for key, rows in new.groupby(GROUP, sort=False):
            vehicle_class = str(key[0])
            row = target_of(turnover, region, vehicle_class, year)
            if row is None or not rows["vehicles"].sum() > 0:
                parts.append(rows)
                continue
            given = rows["test_co2_g_km"]
            co2 = bench.co2(rows, str(row["test"]))
            aim = target_g_km(row, profiles, lambda c=vehicle_class, r=row: base(c, r))  # type: ignore[misc]
            met = raise_electric_share(rows.assign(test_co2_g_km=co2), aim, turnover.electric_sizes)
            if given.isna().all():  # computed each year anew: the standard may change it
                met = met.assign(test_co2_g_km=np.nan)
            parts.append(met)
        return pd.concat(parts, ignore_index=True)

    return renew
