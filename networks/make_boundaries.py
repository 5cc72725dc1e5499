"""Draw `boundaries.png`: what counts in a city's total, what stands apart, what is memo."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle

HERE = Path(__file__).parent
RULES = HERE.parent / "transmod" / "accounts" / "tables"
TOTAL, POWER, MEMO, AWAY = "#1b7837", "#762a83", "#d95f02", "#a8a8a8"
LAND, SEA, CITY, INK = "#f4f1ea", "#e3edf5", "#ffffff", "#2b2b2b"

# what is read from the rules: words, and the activities that stand for them
LINES = (
    (
        "Road traffic and trains that burn fuel, inside the boundary",
        ("road_fuel", "road_wear", "rail_fuel"),
    ),
    (
        "Flights, ferries and boats that start and end inside",
        ("flight_within_city", "voyage_within_city"),
    ),
    ("Machines of airport and port", ("off_road_fuel",)),
    (
        "Electricity of cars, metro, machines, ships at berth (scope 2)",
        (
            "road_electricity", "rail_electricity", "off_road_electricity", "shore_power",
            "aircraft_ground_power",
        ),
    ),
    (
        "Losses of the grid on the way to cars and trains (scope 3)",
        ("road_grid_losses", "rail_grid_losses"),
    ),
    (
        "Departures to other places of the country, with their port and airport phases",
        (
            "flight_cross_boundary", "landing_cycle_cross_boundary", "voyage_cross_boundary",
            "port_phase_cross_boundary",
        ),
    ),
    (
        "Departures to other countries: bunkers",
        (
            "flight_international", "landing_cycle_international", "voyage_international",
            "port_phase_international",
        ),
    ),
    (
        "Landings of flights from elsewhere: counted where they depart",
        ("arrival_cross_boundary", "arrival_international"),
    ),
)  # fmt: skip
NAMES = {
    "territorial": "territorial\n(default)",
    "gpc_basic": "GPC\nBASIC",
    "gpc_basic_plus": "GPC\nBASIC+",
    "ipcc": "IPCC\n2006",
}


def main() -> None:
    """Draw the picture."""
    mpl.rcParams.update({"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK})
    figure, (top, below) = plt.subplots(
        2, 1, figsize=(11, 9.6), height_ratios=(6.0, 3.6), layout="constrained"
    )
    draw_map(top)
    draw_table(below)
    figure.savefig(HERE / "boundaries.png", dpi=110, metadata={"Software": None})


def draw_map(axes: plt.Axes) -> None:
    """Draw a city with its roads, rails, airport and port, and what leaves it."""
    axes.set(xlim=(0, 110), ylim=(0, 60))
    axes.axis("off")
    axes.add_patch(Rectangle((0, 0), 110, 60, color=LAND, lw=0))
    axes.add_patch(Rectangle((0, 0), 110, 15, color=SEA, lw=0))
    boundary = [(27, 9), (83, 9), (86, 30), (80, 53), (31, 53), (25, 32)]
    axes.add_patch(Polygon(boundary, closed=True, fc=CITY, ec=INK, lw=1.8, ls=(0, (5, 2))))
    axes.add_patch(Polygon([(27, 9), (83, 9), (83.9, 15), (26.3, 15)], color=SEA, lw=0))
    axes.add_patch(Polygon(boundary, closed=True, fill=False, ec=INK, lw=1.8, ls=(0, (5, 2))))
    axes.text(55, 54.2, "boundary of the city", ha="center", style="italic")
    axes.text(2, 57.2, "another place of the country", color="#6b6b6b")
    axes.text(108, 57.2, "another country", ha="right", color="#6b6b6b")
    axes.text(2, 1.2, "sea", color="#6b8aa5", style="italic")

    road(axes, [(0, 46), (29.3, 46)], AWAY)
    road(axes, [(29.3, 46), (81.8, 46)], TOTAL)
    road(axes, [(81.8, 46), (110, 46)], AWAY)
    say(axes, 43, 47.6, "road traffic, whoever drives", TOTAL)
    say(axes, 1, 47.6, "outside: not counted", "#6b6b6b")

    rails(axes, [(0, 38.5), (26.9, 38.5)], AWAY)
    rails(axes, [(26.9, 38.5), (53, 38.5)], TOTAL)
    say(axes, 29, 40.1, "diesel trains", TOTAL)
    rails(axes, [(60, 38.5), (71, 38.5), (76, 33.5)], POWER)
    say(axes, 61, 40.1, "metro, trams, electric cars", POWER)
    axes.add_patch(Rectangle((97, 35), 7, 5, fc="#eadcf0", ec=POWER))
    axes.text(100.5, 41, "power plant", ha="center", color=POWER)
    arrow(axes, (97, 37), (76.4, 34), POWER, bend=0.1, style=(0, (1, 1.6)), head=False)

    axes.plot([46, 56], [26, 26], color=INK, lw=5, solid_capstyle="butt")
    axes.text(51, 22.7, "airport", ha="center")
    arrow(axes, (47.5, 26.9), (54.5, 26.9), TOTAL, bend=-0.95)
    say(axes, 41.5, 31.2, "flight within the city", TOTAL)
    arrow(axes, (46, 26.6), (2, 27.5), MEMO, bend=0.16)
    say(axes, 1, 31.8, "departures to the\ncountry's other places", MEMO)
    arrow(axes, (56, 26.6), (108, 31), MEMO, bend=-0.14)
    say(axes, 88.5, 26.2, "departures abroad:\nbunkers", MEMO)
    arrow(axes, (108, 22), (68, 23.2), AWAY, bend=0.06, head=False)
    arrow(axes, (68, 23.2), (56.6, 25.4), MEMO, bend=0.02)
    say(axes, 60.5, 19.6, "landing of an arrival:\na line of its own", MEMO)
    say(axes, 88.5, 18.6, "its flight: counted\nwhere it departs", "#6b6b6b")

    axes.plot([36, 44], [15, 15], color=INK, lw=5, solid_capstyle="butt")
    axes.text(40, 16.3, "port", ha="center")
    arrow(axes, (36.2, 13.8), (30, 12.0), TOTAL, bend=0.2)
    say(axes, 28.2, 9.7, "ferry", TOTAL)
    axes.plot([43], [13.4], "o", color=MEMO, ms=8)
    say(axes, 45, 12.4, "at berth, manoeuvring", MEMO)
    arrow(axes, (43, 13), (108, 4), MEMO, bend=0.12)
    say(axes, 86, 8.2, "voyages abroad: bunkers", MEMO)
    arrow(axes, (42.6, 13), (2, 4.6), MEMO, bend=-0.16)
    say(axes, 1, 8.0, "coastal voyages", MEMO)


def road(axes: plt.Axes, way: list[tuple[float, float]], colour: str) -> None:
    """Draw a road."""
    axes.plot(*zip(*way, strict=True), color=colour, lw=5, solid_capstyle="butt")
    axes.plot(*zip(*way, strict=True), color="white", lw=0.9, ls=(0, (6, 5)))


def rails(axes: plt.Axes, way: list[tuple[float, float]], colour: str) -> None:
    """Draw rails with their sleepers."""
    axes.plot(*zip(*way, strict=True), color=colour, lw=2.2)
    axes.plot(*zip(*way, strict=True), color=colour, lw=7, ls=(0, (0.25, 0.9)))


def arrow(
    axes: plt.Axes, start: tuple[float, float], end: tuple[float, float], colour: str, *,
    bend: float = 0.0, style: object = "-", head: bool = True,
) -> None:  # fmt: skip
    """Draw a way from start to end."""
    axes.add_patch(
        FancyArrowPatch(
            start, end, connectionstyle=f"arc3,rad={bend}", color=colour, lw=2.2, ls=style,
            arrowstyle="-|>" if head else "-", mutation_scale=14, shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip


def say(axes: plt.Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write a label."""
    axes.text(x, y, text, color=colour, va="bottom", linespacing=1.15)


def draw_table(axes: plt.Axes) -> None:
    """Write what each rule does with each line, as the tables of rules have it."""
    axes.set(xlim=(0, 110), ylim=(-0.6, len(LINES) + 1.3))
    axes.axis("off")
    places = {name: 72 + 10.4 * k for k, name in enumerate(NAMES)}
    axes.text(
        0.5, len(LINES) + 0.75, "Where a line stands by each rule; the map has the default",
        va="center", weight="bold",
    )  # fmt: skip
    for name, words in NAMES.items():
        axes.text(places[name], len(LINES) + 0.75, words, ha="center", va="center", weight="bold")
    rules = {name: pd.read_csv(RULES / f"rule_{name}.csv", index_col="activity") for name in NAMES}
    colours = {"total": TOTAL, "apart": POWER, "memo": MEMO}
    for k, (words, activities) in enumerate(LINES):
        y = len(LINES) - 1 - k
        axes.axhline(y + 0.5, color="#d8d8d8", lw=0.7)
        axes.text(0.5, y, words, va="center")
        for name, rule in rules.items():
            (word,) = {say_rule(rule.loc[activity]) for activity in activities}  # all alike
            box = {"boxstyle": "round,pad=0.28", "fc": colours[word], "ec": "none"}
            axes.text(
                places[name], y, word, ha="center", va="center", color="white", size=9, bbox=box
            )


def say_rule(line: pd.Series) -> str:
    """Say where a rule puts a line."""
    if line["item"] == "memo":
        return "memo"
    return "total" if line["in_total"] == "yes" else "apart"


if __name__ == "__main__":
    main()
