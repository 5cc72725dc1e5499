"""Whether two street names are the same, as people and offices write them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# what is often shortened, in the languages that shorten it; both forms become the short one
_SHORT = {
    "avenue": "ave", "av": "ave", "avenida": "ave", "boulevard": "blvd", "boul": "blvd",
    "circle": "cir", "close": "cl", "court": "ct", "crescent": "cres", "cr": "cres", "drive": "dr",
    "drv": "dr", "esplanade": "esp", "expressway": "expy", "freeway": "fwy", "highway": "hwy",
    "lane": "ln", "motorway": "mwy", "parade": "pde", "parkway": "pkwy", "place": "pl",
    "road": "rd", "route": "rte", "rua": "r", "rue": "r", "saint": "st", "sankt": "st",
    "square": "sq", "strasse": "str", "street": "st", "terrace": "tce", "ter": "tce",
    "trail": "trl", "way": "wy", "north": "n", "south": "s", "east": "e", "west": "w",
    "northbound": "", "southbound": "", "eastbound": "", "westbound": "", "nb": "", "sb": "",
    "eb": "", "wb": "", "mount": "mt",
}  # fmt: skip
_STREET = re.compile(r"(?<=[a-z])(strasse|str)$")


@cache
def to_plain_name(name: str) -> tuple[str, ...]:
    """
    Return the words of a name without accents, case, brackets and long forms.

    Examples
    --------
    >>> to_plain_name("CHURCH RD (MANGERE BRIDGE)") == to_plain_name("Church Road")
    True
    """
    text = re.sub(r"\([^)]*\)", " ", name).replace("ß", "ss")
    text = re.sub("['\N{RIGHT SINGLE QUOTATION MARK}]", "", text)
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = []
    for word in re.findall(r"\w+", text):
        parts = _STREET.sub(r" str", word).split()
        words += [_SHORT.get(part, part) for part in parts]
    return tuple(word for word in words if word)


def is_same_name(one: str, other: str) -> bool:
    """
    Say whether two street names are the same road: all words of the shorter one are in the longer.

    A name of several roads, split by `;` or `/`, is the same as any of them.
    """
    for a in re.split(r"[;/]", one):
        for b in re.split(r"[;/]", other):
            words, others = set(to_plain_name(a)), set(to_plain_name(b))
            if words and others and (words <= others or others <= words):
                return True
    return False
