"""Indicators row by row in plain Python: slow, and with no code of the program."""

import math

GWP = {"co2": 1.0, "ch4": 28.0, "n2o": 265.0}
TRUCKS = ("rigid_truck", "articulated_truck")


def mass_of(ledger, energy, quantity, chosen):
    """Sum [t, of energy tce] over the rows of the inventory that `chosen` takes."""
    if quantity == "energy":
        rows = energy.to_dict("records")
        return math.fsum(r["energy_tce"] for r in rows if r["item"] == "inventory" and chosen(r))
    sums = []
    for row in ledger.to_dict("records"):
        if row["item"] != "inventory" or math.isnan(row["mass_t"]) or not chosen(row):
            continue
        if quantity == "co2e" and row["pollutant"] in GWP:
            sums.append(row["mass_t"] * GWP[row["pollutant"]])
        elif row["pollutant"] == quantity:
            sums.append(row["mass_t"])
    return math.fsum(sums)


def driven(activity, column, chosen):
    """Sum a column of the activity over the rows that `chosen` takes."""
    return math.fsum(r[column] for r in activity.to_dict("records") if chosen(r))


def value_of(row, ledger, energy, activity, below):
    """Return the value of a line of indicators; `below` holds people, land and wealth."""
    at, scope = row["district_id"], row["scope"]

    def here(r):
        return (at is None or r["district_id"] == at) and (
            row["vehicle_class"] is None or r["vehicle_class"] == row["vehicle_class"]
        )

    def of_road(r):
        return (
            here(r)
            and r["subsector"] == "road"
            and r["scope"] == scope
            and r["process"] != "calibration"
        )

    if row["indicator"] == "per_vkm":
        above = 1e6 * mass_of(ledger, energy, row["quantity"], of_road)
        return above / driven(activity, "vkm", here)
    if row["indicator"] == "share":
        is_chosen = {
            "trucks": lambda r: r["vehicle_class"] in TRUCKS,
            "nonlocal": lambda r: r["trip_kind"] in ("inbound_outbound", "through"),
            "nonlocal trucks": lambda r: (
                r["trip_kind"] in ("inbound_outbound", "through") and r["vehicle_class"] in TRUCKS
            ),
            "through": lambda r: r["trip_kind"] == "through",
        }[row["subject"]]
        if row["quantity"] == "vkm":
            own = driven(activity, "vkm", lambda r: here(r) and is_chosen(r))
            return own / driven(activity, "vkm", here)

        def moves(r):
            return here(r) and r["subsector"] == "road" and r["scope"] == 1 and r["trip_kind"]

        own = mass_of(ledger, energy, row["quantity"], lambda r: moves(r) and is_chosen(r))
        return own / mass_of(ledger, energy, row["quantity"], moves)

    def counts(r):
        kept = r["in_total"] if scope == 1 else r["notation_key"] != "IE"
        of_subsector = row["subsector"] == "all" or r["subsector"] == "road"
        return here(r) and r["scope"] == scope and kept and of_subsector

    factor = {"t": 1.0, "kg": 1e3, "tce": 1.0}[row["unit"].split("/")[0]]
    return factor * mass_of(ledger, energy, row["quantity"], counts) / below[row["indicator"], at]
