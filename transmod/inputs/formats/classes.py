"""Which vehicle class of ours a class of theirs is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from transmod.errors import Faults
from transmod.inputs.formats.reading import ALL_VEHICLES, ImportOptions
from transmod.schema import VEHICLE_CLASSES

# Names in common use for one class of ours; how trucks split is not known, so all are rigid.
_ALIASES = {
    "pkw": "car", "pc": "car", "cars": "car", "passenger": "car", "private": "car", "auto": "car",
    "evehicle": "car", "taxis": "taxi", "lgv": "lcv", "van": "lcv", "vans": "lcv", "lfw": "lcv",
    "delivery": "lcv", "truck": "rigid_truck", "trucks": "rigid_truck", "lkw": "rigid_truck",
    "hgv": "rigid_truck", "freight": "rigid_truck", "trailer": "articulated_truck",
    "lastzug": "articulated_truck", "sattelzug": "articulated_truck", "buses": "bus",
    "coaches": "coach", "reisebus": "coach", "motorbike": "motorcycle", "mc": "motorcycle",
    "motorcycles": "motorcycle", "krad": "motorcycle",
}  # fmt: skip
_SUM_TOLERANCE = 1e-6


def sort_classes(
    names: Iterable[str], options: ImportOptions, notes: list[str], faults: Faults
) -> dict[str, dict[str, float]]:
    """
    Say what each class of theirs is: their name -> our class -> share.

    A name is looked up among those the user gave, then among our classes, then among names in
    common use. What is not split by class follows the mix, and without one is cars.
    """
    _check_options(options, faults)
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(names):
        ours = options.classes.get(name)
        if ours is None and name == ALL_VEHICLES:
            found[name] = _share_all(options, notes)
        elif ours == "":
            found[name] = {}
            notes.append(f"Their class {name!r} was left out, as was asked for.")
        elif ours is not None or name in VEHICLE_CLASSES:
            found[name] = {ours or name: 1.0}
        elif name.lower() in _ALIASES:
            found[name] = {_ALIASES[name.lower()]: 1.0}
            notes.append(f"Their class {name!r} is taken as {_ALIASES[name.lower()]}.")
        else:
            faults.add(
                f"Each class of the files must be one of ours: {name!r} is not known. Say what it "
                f"is with --class '{name}=car', or leave it out with --class '{name}='. Ours are "
                f"{', '.join(VEHICLE_CLASSES)}."
            )
    unused = [name for name in options.classes if name not in found]
    if unused:
        faults.add(
            f"--class must name classes that the files have: {', '.join(unused)} not found, they "
            f"have {', '.join(found) or 'none'}."
        )
    return found


def _share_all(options: ImportOptions, notes: list[str]) -> dict[str, float]:
    if options.mix:
        shares = ", ".join(f"{name} {share:.4g}" for name, share in options.mix.items())
        notes.append(f"Volumes are not split by class: split by the given mix, {shares}.")
        return dict(options.mix)
    notes.append(
        "Volumes are not split by class: all vehicles are counted as cars. Give a mix with --mix, "
        "as car=0.85,lcv=0.08,rigid_truck=0.05,bus=0.02."
    )
    return {"car": 1.0}


def _check_options(options: ImportOptions, faults: Faults) -> None:
    for flag, names in (("--class", options.classes.values()), ("--mix", options.mix)):
        for name in names:
            if name and name not in VEHICLE_CLASSES:
                near = difflib.get_close_matches(name, VEHICLE_CLASSES, 1)
                offer = f" Did you mean {near[0]}?" if near else ""
                faults.add(
                    f"{flag} must name classes of {', '.join(VEHICLE_CLASSES)}: {name!r} "
                    f"found.{offer}"
                )
    if options.mix:
        total = sum(options.mix.values())
        if abs(total - 1.0) > _SUM_TOLERANCE or min(options.mix.values()) < 0.0:
            faults.add(f"Shares of --mix must be >= 0 and sum to 1: they sum to {total:.6g}.")
