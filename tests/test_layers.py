"""The house: imports point to the left, and each trade stays in its room."""

import ast
from pathlib import Path

import pytest

import transmod

ROOT = Path(transmod.__file__).parent
GROUND = ("schema", "units", "errors", "columns", "exchange", "later", "packing", "versions")
ROOMS = ("inputs", "traffic", "model", "accounts", "outputs")
DRAWING = {
    "outputs/maps.py", "outputs/figures.py", "outputs/base_map.py", "outputs/sheet.py",
    "outputs/curves.py", "outputs/difference_maps.py", "outputs/cause_figure.py",
    "outputs/uncertainty_figure.py", "outputs/series_figure.py", "outputs/summary_figure.py",
}  # fmt: skip
MODULES = sorted(p for p in ROOT.rglob("*.py") if "shipped" not in p.parts)


def label(path):
    return path.relative_to(ROOT).as_posix()


def imports(path):
    """Full names of all that a module imports, relative imports too."""
    package = ("transmod", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(name):
    """Room of a module of transmod, `kernels`, `ground` or `top`."""
    part = name.split(".")[1]
    if part in ROOMS or part == "kernels":
        return part
    return "ground" if part in (*GROUND, "__version__") else "top"


def own(path):
    return [name for name in imports(path) if name.startswith("transmod.")]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_point_to_the_left(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    here = room_of(".".join(["transmod", *parts]))
    for name in own(path):
        there = room_of(name)
        if here == "ground":
            assert there == "ground", f"the ground floor knows nobody, but {name}"
        elif here == "kernels":
            assert there == "kernels", f"a kernel imports nothing but kernels, not {name}"
        elif here in ROOMS:
            assert there != "top", f"{here} imports {name} from above"
            if there == "kernels":
                assert here in ("traffic", "model"), f"{here} imports {name}"
            elif there in ROOMS:
                assert ROOMS.index(there) <= ROOMS.index(here), f"{here} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_libraries_stay_in_their_rooms(path):
    roots = {name.split(".")[0] for name in imports(path)}
    here = label(path)
    if (
        not here.startswith("kernels/") and here != "pipeline/links.py"
    ):  # it sets the number of threads
        assert "numba" not in roots
    if here not in DRAWING:
        assert "matplotlib" not in roots
    if not here.startswith("inputs/"):
        assert not roots & {"osmium", "osmnx", "tomllib"}
    if not here.startswith("cli/"):
        assert not roots & {"typer", "rich"}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_rooms_are_not_crowded(path):
    # the schema is one table, however long
    assert path.stem == "schema" or len(path.read_text("utf-8").splitlines()) <= 420
    assert path.stem not in {"utils", "helpers", "common", "manager", "processor"}


def test_a_module_that_looks_up_is_seen(tmp_path, monkeypatch):
    module = tmp_path / "inputs" / "bad.py"
    module.parent.mkdir()
    module.write_text("from ..outputs import tables\nfrom transmod.model.road import x\n")
    monkeypatch.setattr("test_layers.ROOT", tmp_path)
    assert {room_of(name) for name in own(module)} == {"outputs", "model"}
    with pytest.raises(AssertionError):
        test_imports_point_to_the_left(module)
