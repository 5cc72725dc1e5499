"""Write TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


def to_toml(content: Mapping[str, str | int | Sequence[str]]) -> str:
    """Write text, whole numbers and lists of text as TOML; JSON's strings are TOML's."""
    lines = []
    for key, value in content.items():
        if isinstance(value, str | int):
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        else:
            items = "".join(f"  {json.dumps(item, ensure_ascii=False)},\n" for item in value)
            lines.append(f"{key} = [\n{items}]")
    return "\n".join(lines) + "\n"
