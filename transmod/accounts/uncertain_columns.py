"""Which rows of a ledger an uncertain input stands behind, and how far it moves them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transmod.accounts.products import Answered, Mixed, Multipliers
from transmod.accounts.uncertain_factors import RoadGround, lay_factors
from transmod.accounts.uncertain_rows import Model, Rows
from transmod.columns import Columns
from transmod.errors import Faults
from transmod.inputs.checks import attempt, listed
from transmod.inputs.energy_tables import FREIGHT_CLASSES
from transmod.model.draws import Distribution
from transmod.model.road_response import RoadRows
from transmod.model.uncertain_inputs import UncertainInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_EVERY = ["district_id", "vehicle_class"]
_STREAM = [*_EVERY, "trip_kind"]
_EDGE = 1e-6  # of a distribution: errors of speed and load are tabulated up to here
_STEPS = 5  # nodes from its centre to an edge
_ALIKE = 9  # digits of shares of one fleet


def lay_model(
    ledger: Columns,
    ground: RoadGround,
    inputs: Sequence[UncertainInput],
    gwp: Mapping[str, float],
    *,
    defaults: bool,
) -> Model:
    """
    Put uncertain inputs behind the rows of a ledger.

    Parameters
    ----------
    ledger : Columns
        `schema.LEDGER`.
    ground : RoadGround
        What stands behind its road traffic.
    inputs : sequence of UncertainInput
        What is not sure.
    gwp : mapping
        Warming potentials [t CO2e/t].
    defaults : bool
        Whether factors that no input names have the shipped uncertainties.

    Raises
    ------
    InputError
        With every fault: an input that matches nothing, two that contradict each other.
    """
    bench = _Bench(Rows(ledger), ground, Multipliers())
    lay = {
        "volumes": bench.lay_volumes,
        "link_volumes": bench.lay_link_volumes,
        "speeds": bench.lay_speeds,
        "shares": bench.lay_shares,
        "loads": bench.lay_loads,
        "sources": bench.lay_sources,
    }
    for one in inputs:
        if one.of in lay:
            lay[one.of](one)
    lay_factors(
        bench.rows, bench.columns, ground,
        [one for one in inputs if one.of in ("factors", "grid")],
        defaults=defaults, faults=bench.faults,
    )  # fmt: skip
    bench.faults.raise_any()
    bench.mix_volumes()
    return Model(
        bench.columns, bench.rows.to_blocks(gwp), bench.rows.lines, tuple(bench.say(inputs))
    )


def check_names(names: Sequence[str], columns: Multipliers) -> None:
    """Make sure that what correlates is among the variables of a model."""
    faults = Faults()
    for name in names:
        if name not in columns.label:
            near = difflib.get_close_matches(name, columns.variables, n=1, cutoff=0.3)
            hint = f"Did you mean `{near[0]}`? " if near else ""
            faults.add(
                f"`uncertainty.correlation.groups` must name uncertain variables: {name!r} is none."
                f" {hint}Variables: {listed(columns.variables)}."
            )
    faults.raise_any()


@dataclass(eq=False)
class _Bench:
    """Takes inputs one by one and multiplies rows by them."""

    rows: Rows
    ground: RoadGround
    columns: Multipliers
    faults: Faults = field(default_factory=Faults)
    by_road: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=dict)
    link_error: dict[tuple[str, str], float] = field(default_factory=dict)
    _taken: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def links(self) -> pd.DataFrame | None:
        """Kilometres of links, read once; None where they are not at hand, which is a fault."""
        return attempt(self.faults, self.ground.links)

    # what is driven

    def lay_volumes(self, one: UncertainInput) -> None:
        """Multiply the kilometres of classes; those on a class of road by their share."""
        for variable, chosen in self._by_class(one):
            column = self.columns.draw(variable, one.distribution, one.title)
            if one.road_class is None:
                self.rows.multiply(chosen, column)
                continue
            for place, part in self._on_road(one, chosen).items():
                self.by_road.setdefault(place, []).append((column, part))

    def lay_link_volumes(self, one: UncertainInput) -> None:
        """Give every link an error of its own: what is left of it in the sum of a district."""
        sd = one.distribution.standard_deviation
        for _, chosen in self._by_class(one):
            for place, part in self._on_road(one, chosen, is_squared=True).items():
                self.link_error[place] = self.link_error.get(place, 0.0) + sd**2 * part

    def _on_road(
        self, one: UncertainInput, chosen: Integers, *, is_squared: bool = False
    ) -> dict[tuple[str, str], float]:
        """
        Return the share of kilometres on a class of road, by district and vehicle class.

        Squared, it is the sum over links of the square of each link's share.
        """
        if self.links is None:
            return {}
        links = self.links
        links = links[links["vehicle_class"].isin(self.rows["vehicle_class"][chosen])]
        whole = links.groupby(_EVERY)["vkm"].sum()
        if one.road_class is not None:
            links = links[links["road_class"] == one.road_class]
        power = 2 if is_squared else 1
        part = (links["vkm"] ** power).groupby([links[name] for name in _EVERY]).sum()
        part = part[part > 0.0] / whole.reindex(part.index)[part > 0.0] ** power
        if part.empty:
            self.faults.add(
                f"{self._name(one)} must match kilometres: none on road class {one.road_class}."
            )
        keys = zip(*(part.index.get_level_values(name) for name in _EVERY), strict=True)
        return {(str(d), str(c)): float(value) for (d, c), value in zip(keys, part, strict=True)}

    def mix_volumes(self) -> None:
        """Multiply districts and classes by what road classes and links of their own do."""
        driven = np.flatnonzero(self.rows.is_driven)
        places: dict[tuple[str, str], list[int]] = {}
        for i, d, c in zip(
            driven.tolist(), self.rows["district_id"][driven],
            self.rows["vehicle_class"][driven], strict=True,
        ):  # fmt: skip
            places.setdefault((d, c), []).append(i)
        for place in sorted(places):
            if place in self.by_road:
                columns, weights = zip(*self.by_road[place], strict=True)
                mixed = Mixed(np.array(columns), np.array(weights))
                self.rows.of_cell[places[place], 0] = self.columns.derive(mixed)
            if place in self.link_error:
                distribution = Distribution("lognormal", sd=float(self.link_error[place] ** 0.5))
                name = f"link_volumes {place[1]} {place[0]}"
                column = self.columns.draw(name, distribution, "link_volumes")
                self.rows.of_cell[places[place], 1] = column

    def lay_speeds(self, one: UncertainInput) -> None:
        """Let rows answer to errors of speed."""
        nodes = _nodes(one.distribution)
        for variable, chosen in self._by_class(one):
            if not self._take(one, chosen):
                continue
            column = self.columns.draw(variable, one.distribution, one.title)
            centre = one.distribution.centre
            answer = self.ground.response.to_speeds(
                nodes, is_offset=centre == 0.0, rows=self._places(chosen)
            )
            self.rows.answer_speed(chosen, column, nodes, centre, answer)

    def lay_shares(self, one: UncertainInput) -> None:
        """Move shares of types against each other; those of a stream still sum to 1."""
        types = self.ground.types.set_index("vehicle_type")
        value = types[one.by] if one.by != "vehicle_type" else types.index.to_series()
        value = value.astype(object).where(value.notna(), "none").astype(str)
        shares = self.ground.shares.assign(value=self.ground.shares["vehicle_type"].map(value))
        stream = self.rows.codes(*_STREAM)
        for variable, chosen in self._by_class(one):
            if not self._take(one, chosen):
                continue
            classes = set(self.rows["vehicle_class"][chosen])
            own = shares[shares["vehicle_class"].isin(classes)]
            if own.groupby("vehicle_class")["value"].nunique().max() < 2:
                self.faults.add(
                    f"{self._name(one)} must have shares that differ by {one.by}: only one in "
                    f"{listed(sorted(classes))}. Choose another `by`."
                )
                continue
            of_row = value.reindex(self.rows["vehicle_type"][chosen]).to_numpy()
            column = {
                name: self.columns.draw(f"{variable} {name}", one.distribution, variable)
                for name in sorted(set(own.loc[own["share"] > 0.0, "value"]))
            }
            for name, number in column.items():
                self.rows.multiply(chosen[of_row == name], number)
            self._normalise(own, column, chosen, stream[chosen])

    def _normalise(
        self, shares: pd.DataFrame, column: dict[str, int], chosen: Integers, stream: Integers
    ) -> None:
        """Divide by what the multipliers do to the sum of shares of a stream."""
        weights = shares.groupby([*_STREAM, "value"])["share"].sum().reset_index()
        weights = weights[weights["share"] > 0.0]
        table: dict[object, pd.DataFrame] = dict(list(weights.groupby(_STREAM)))
        known: dict[tuple[object, ...], int] = {}
        first, which = np.unique(stream, return_index=True, return_inverse=True)[1:]
        for place, at in enumerate(first.tolist()):
            row = chosen[at]
            own = table[tuple(self.rows[name][row] for name in _STREAM)]
            key = tuple(zip(own["value"], own["share"].round(_ALIKE), strict=True))
            if key not in known:
                numbers = np.array([column[name] for name in own["value"]])
                share = own["share"].to_numpy(np.float64)
                known[key] = self.columns.derive(Mixed(numbers, share, is_inverse=True))
            self.rows.multiply(chosen[which.reshape(-1) == place], known[key])

    def lay_loads(self, one: UncertainInput) -> None:
        """Let types of trucks answer to errors of their load, all over the city alike."""
        # factors are linear between few published loads: its edges and the load as given will do
        nodes = _nodes(one.distribution, 2)
        for variable, chosen in self._by_class(one, FREIGHT_CLASSES):
            if not self._take(one, chosen):
                continue
            column = self.columns.draw(variable, one.distribution, one.title)
            classes = sorted(set(self.rows["vehicle_class"][chosen]))
            places = self._places(chosen)
            answer = self.ground.response.to_loads(classes, nodes, places)
            pair = places.type * len(self.ground.quantities) + places.quantity
            for code in np.unique(pair).tolist():
                here = np.flatnonzero(pair == code)
                mass = self.rows.mass[chosen[here]]
                mean = (answer[:, here] * mass).sum(axis=1) / mass.sum()
                if not np.allclose(mean, 1.0, rtol=0.0, atol=1e-12):
                    answered = self.columns.derive(Answered(column, nodes, mean))
                    self.rows.multiply(chosen[here], answered)

    # beside the road

    def lay_sources(self, one: UncertainInput) -> None:
        """Multiply what rail, water, aviation and machines emit."""
        rows = self.rows
        chosen = rows["subsector"] != "road"
        if one.subsector is not None:
            chosen &= rows["subsector"] == one.subsector
        if one.pollutant is not None:
            chosen &= rows["pollutant"] == one.pollutant
        if one.activity != "*":
            chosen &= np.array([fnmatchcase(str(n), one.activity) for n in rows["activity"]])
        if not chosen.any():
            here = sorted(set(rows["activity"][rows["subsector"] != "road"]))
            self.faults.add(
                f"{self._name(one)} must match a source beside the road: none of the activities "
                f"{listed(here) or '(there are none)'} does."
            )
        column = self.columns.draw(one.title, one.distribution, one.title)
        rows.multiply(np.flatnonzero(chosen), column)

    # what all need

    def _by_class(
        self, one: UncertainInput, among: Sequence[str] | None = None
    ) -> Iterator[tuple[str, Integers]]:
        """Yield the variables of an input, and the rows of the classes that each moves."""
        name = self.rows["vehicle_class"]
        here = sorted({str(c) for c in name[self.rows.is_driven]} & set(among or name.tolist()))
        wanted = here if one.vehicle_class is None else [one.vehicle_class]
        if not set(wanted) <= set(here) or not wanted:
            self.faults.add(
                f"{self._name(one)} must match driving vehicles: "
                f"{one.vehicle_class or 'no such class'} not found. Classes: {listed(here)}."
            )
            return
        for variable, classes in (
            [(f"{one.title} {c}", [c]) for c in wanted] if one.each else [(one.title, wanted)]
        ):
            yield variable, np.flatnonzero(self.rows.is_driven & np.isin(name, classes))

    def _take(self, one: UncertainInput, chosen: Integers) -> bool:
        """Say whether no other input of this kind has touched a class."""
        classes = {(one.of, str(c)) for c in set(self.rows["vehicle_class"][chosen])}
        twice = sorted(c for _, c in classes & self._taken)
        if twice:
            self.faults.add(
                f"{self._name(one)} must not touch what another input of {one.of} does: "
                f"{listed(twice)}."
            )
        self._taken |= classes
        return not twice

    def _places(self, chosen: Integers) -> RoadRows:
        """Return the positions of driven rows in streams, districts, types and quantities."""
        ground = self.ground
        streams = {name: c for c, name in enumerate(ground.streams)}
        districts = {name: d for d, name in enumerate(ground.districts)}
        types = {name: j for j, name in enumerate(ground.types["vehicle_type"])}
        quantities = {name: q for q, name in enumerate(ground.quantities)}
        text = [
            self.rows[name][chosen].tolist()
            for name in ("vehicle_class", "trip_kind", "district_id", "vehicle_type", "process",
                         "pollutant")
        ]  # fmt: skip
        pairs = [list(zip(*text[at : at + 2], strict=True)) for at in (0, 4)]
        return RoadRows(
            stream=np.array([streams[pair] for pair in pairs[0]], np.int64),
            district=np.array([districts[name] for name in text[2]], np.int64),
            type=np.array([types[name] for name in text[3]], np.int64),
            quantity=np.array([quantities[pair] for pair in pairs[1]], np.int64),
        )

    @staticmethod
    def _name(one: UncertainInput) -> str:
        return f"`uncertainty.inputs` {one.title!r}"

    def say(self, inputs: Sequence[UncertainInput]) -> Iterator[str]:
        """Say what is taken for certain."""
        asked = {one.of for one in inputs}
        sure = [
            name
            for name, of in (
                ("volumes", {"volumes", "link_volumes"}), ("speeds", {"speeds"}),
                ("fleet shares", {"shares"}), ("loads", {"loads"}),
            )
            if not of & asked
        ]  # fmt: skip
        if sure:
            yield f"Intervals take these for certain, as no input names them: {', '.join(sure)}."
        bare = self.rows.untouched
        if bare.any():
            first = int(np.flatnonzero(bare)[0])
            yield (
                f"Intervals take {int(bare.sum())} of {len(bare)} rows of the ledger for certain, "
                f"first {self.rows['activity'][first]}, {self.rows['pollutant'][first]}."
            )


def _nodes(distribution: Distribution, steps: int = _STEPS) -> Floats:
    """Return the errors at which emissions are tabulated; the centre is one of them."""
    low, high = distribution.values(np.array([_EDGE, 1.0 - _EDGE]))
    centre = distribution.centre
    below = np.linspace(min(low, centre), centre, steps)
    above = np.linspace(centre, max(high, centre), steps)
    return np.unique(np.concatenate([below, above]))
