"""
Later: a library that takes long to load is loaded when it is first asked for something.

pandas stands at the top of most modules. It takes longer to load than an account takes to make, and
an account alone asks it for nothing. `LazyLoader` of the standard library does not serve: what it
puts off, the next import statement loads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from copy import copy
from functools import partial
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import Any

_LOCK = RLock()  # the thread that loads a module asks it for names meanwhile
_WAITING: dict[str, ModuleType] = {}
_CALLS: dict[str, frozenset[str]] = {}


class _Later(ModuleType):
    """A module that is loaded when its first name is asked for."""

    def __getattribute__(self, name: str) -> Any:
        # of import statements, and of whoever asks what kind of thing it is
        if name not in ("__spec__", "__class__"):
            module = ModuleType.__getattribute__(self, "__spec__").name
            if name in _CALLS[module]:
                return partial(_call, module, name)
            # a statement that takes functions asks first whether the module is a package
            if name != "__path__" or not _CALLS[module]:
                _load(module)
        return ModuleType.__getattribute__(self, name)


class _Known:
    """
    Finds and loads modules that are there: whose package was loaded by the very import of them.

    Python looks whether a module is there before it asks the package for its path, which loads it,
    and would load the module once more.
    """

    def find_spec(self, fullname: str, *where: object) -> ModuleSpec | None:
        known = sys.modules.get(fullname)
        if known is None or known.__spec__ is None or any(w is known for w in where):  # reloaded
            return None
        spec = copy(known.__spec__)
        spec.loader_state = known.__spec__
        spec.loader = self  # type: ignore[assignment]  # its base class takes 25 ms to load
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def load_later(name: str, *, calls: Iterable[str] = ()) -> None:
    """
    Load a package not when it is imported, but when its first name is asked for.

    Nothing happens if it is loaded already, or not installed: then the import says so.

    Parameters
    ----------
    name : str
        Of the package.
    calls : iterable of str
        Functions of it: to name one loads nothing yet, to call it does.
    """
    if name in sys.modules or (spec := find_spec(name)) is None:
        return
    module = module_from_spec(spec)
    module.__class__ = _Later
    _CALLS[name] = frozenset(calls)
    _WAITING[name] = sys.modules[name] = module
    package, _, own = name.rpartition(".")
    if package:
        setattr(sys.modules[package], own, module)  # as an import does


def _call(module: str, name: str, /, *args: Any, **options: Any) -> Any:
    """Load a module and call a function of it."""
    _load(module)
    return getattr(sys.modules[module], name)(*args, **options)


def _load(name: str) -> None:
    """Load a module if that has not begun; another thread waits until it is done."""
    with _LOCK:
        module = _WAITING.pop(name, None)
        if module is None:
            return
        try:
            spec = module.__spec__
            assert spec is not None
            assert spec.loader is not None
            spec.loader.exec_module(module)
        except BaseException:
            _WAITING[name] = module
            raise
        module.__class__ = ModuleType
        sys.meta_path.insert(0, _Known())
