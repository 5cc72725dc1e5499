"""A library that is loaded when it is first asked for something."""

import json
import subprocess
import sys

import pytest

from transmod.later import load_later

PACKAGE = {
    "__init__.py": "times = []\nfrom slow import part\nloaded = part.n + 1\n",
    "part.py": "import slow\nn = 1\nslow.times.append(n)\n",
    "other.py": "from slow import loaded\n",
}
HEAD = """
import sys
sys.path.insert(0, {folder!r})
from transmod.later import load_later
load_later("slow")
import slow as first
import slow as second
assert first is second and "slow.part" not in sys.modules
"""
WAYS = {
    "attribute": "assert first.loaded == 2",
    "from": "from slow import loaded; assert loaded == 2",
    "module": "import slow.other; assert slow.other.loaded == 2",
    "from module": "from slow.part import n; assert first.loaded == 2",
    "loaded with it": (
        "import slow.part; assert slow.part is first.part is sys.modules['slow.part']\n"
        "assert slow.part.__spec__.origin == slow.part.__file__ and first.times == [1]\n"
        "import importlib; importlib.reload(slow.part); assert first.times == [1, 1]"
    ),
    "set before": "first.mine = 5; assert (first.loaded, first.mine) == (2, 5)",
    "missing": "assert not hasattr(first, 'nothing')",
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "with P(8) as p: assert list(p.map(lambda _: second.loaded, range(64))) == [2] * 64"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_it_is_loaded_whole_by_whoever_asks_first(tmp_path, way):
    (tmp_path / "slow").mkdir()
    for name, text in PACKAGE.items():
        (tmp_path / "slow" / name).write_text(text)
    code = HEAD.format(folder=str(tmp_path)) + WAYS[way]
    code += "\nassert type(first) is type(sys) and first is sys.modules['slow']"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("from slow import call", False),
        ("import slow; slow.call", False),
        ("from slow import call; assert call(2, name=3) == 5", True),
        ("from slow import loaded", True),
    ],
)
def test_to_name_a_function_loads_nothing_and_to_call_it_does(tmp_path, code, loaded):
    (tmp_path / "slow").mkdir()
    for name, text in PACKAGE.items():
        (tmp_path / "slow" / name).write_text(text)
    with (tmp_path / "slow" / "__init__.py").open("a") as file:
        file.write("def call(a, *, name):\n    return a + name\n")
    head = HEAD.replace('load_later("slow")', 'load_later("slow", calls=["call"])')
    code = head.format(folder=str(tmp_path)) + code
    code += f"\nassert ('slow.part' in sys.modules) is {loaded}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_of_a_package_stands_in_it():
    code = (
        "import importlib, sys\n"
        "from transmod.later import load_later\n"
        "load_later('importlib.metadata', calls=['entry_points'])\n"
        "import importlib.metadata\n"
        "from importlib.metadata import entry_points\n"
        "assert 'email.message' not in sys.modules\n"
        "assert importlib.metadata.version('numpy') and 'email.message' in sys.modules\n"
        "assert entry_points is not importlib.metadata.entry_points\n"
        "assert list(entry_points(group='no such group')) == []"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_loaded_or_not_there_stays_as_it_is():
    load_later("json")
    assert sys.modules["json"] is json
    load_later("no_such_package_of_ours")
    assert "no_such_package_of_ours" not in sys.modules
