"""Layer styles for QGIS: the classes and colours of the printed maps, as QML."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from transmod.outputs.wording import TEXT, class_labels, class_limits

# magma_r between 0.1 and 0.82, as on the printed maps
_SHADES = ("#fecf92", "#fc8a62", "#e24d66", "#a8327d", "#6d1d81", "#331067")
_ZERO = "#a9afb5"
_BORDER = "#6b7075"
_WIDTHS_MM = (0.2, 0.9)
_KINDS = {"marker": "0", "line": "1", "fill": "2"}  # numbers of QGIS for the geometry of a layer
_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_QML_VERSION = "3.22.0"  # the oldest QGIS that is to read the styles


@dataclass(frozen=True)
class _Class:
    """Values from `lower` to `upper` are drawn in `colour` and, if lines, `width_mm` wide."""

    lower: float
    upper: float
    label: str
    colour: str
    width_mm: float


def to_qml(
    values: NDArray[np.float64], weights: NDArray[np.float64], column: str, kind: str
) -> str:
    """
    Write the style of a layer that is coloured by an amount.

    Parameters
    ----------
    values : ndarray
        The amounts (N,); NaN: no value, not drawn.
    weights : ndarray
        Length or area of each feature (N,), to choose the limits of the classes.
    column : str
        Column of the layer that holds `values`.
    kind : {"line", "fill"}
        How a feature is drawn.

    Returns
    -------
    str
        QML document with a graduated renderer; the highest values are drawn on top.
    """
    root = ET.Element("qgis", version=_QML_VERSION, styleCategories="Symbology")
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="graduatedSymbol",
        attr=column,
        graduatedMethod="GraduatedColor",
        symbollevels="0",
        forceraster="0",
        enableorderby="1",
    )
    classes = _classes(values, weights)
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    for i, each in enumerate(classes):
        ET.SubElement(
            ranges,
            "range",
            lower=repr(each.lower),
            upper=repr(each.upper),
            label=each.label,
            symbol=str(i),
            render="true",
        )
        _add_symbol(symbols, str(i), kind, each)
    source = ET.SubElement(renderer, "source-symbol")
    _add_symbol(source, "0", kind, _Class(0.0, 0.0, "", _ZERO, _WIDTHS_MM[0]))
    ET.SubElement(renderer, "rotation")
    ET.SubElement(renderer, "sizescale")
    order = ET.SubElement(renderer, "orderby")
    ET.SubElement(order, "orderByClause", asc="1", nullsFirst="1").text = f'"{column}"'
    ET.SubElement(root, "blendMode").text = "0"
    ET.SubElement(root, "featureBlendMode").text = "0"
    ET.SubElement(root, "layerGeometryType").text = _KINDS[kind]
    ET.indent(root)
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def to_category_qml(
    column: str, looks: dict[str, tuple[str, str, float]], kind: str, label_column: str = ""
) -> str:
    """
    Write the style of a layer that is coloured by the words of a column.

    Parameters
    ----------
    column : str
        Column of words.
    looks : dict
        Word -> label, colour as `#rrggbb`, width of a line or size of a marker [mm]; words that
        come later are drawn on top.
    kind : {"line", "marker"}
        How a feature is drawn.
    label_column : str
        Column that the tip over a feature shows.

    Returns
    -------
    str
        QML document with a categorized renderer.
    """
    root = ET.Element("qgis", version=_QML_VERSION, styleCategories="Symbology|MapTips")
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=column, symbollevels="1",
        forceraster="0", enableorderby="0",
    )  # fmt: skip
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for i, (word, (label, colour, width)) in enumerate(looks.items()):
        ET.SubElement(
            categories, "category", value=word, label=label, symbol=str(i), render="true",
            type="string",
        )  # fmt: skip
        _add_symbol(symbols, str(i), kind, _Class(0.0, 0.0, label, colour, width), level=i)
    ET.SubElement(renderer, "rotation")
    ET.SubElement(renderer, "sizescale")
    if label_column:
        ET.SubElement(root, "mapTip").text = f'[% "{label_column}" %]'
    ET.SubElement(root, "layerGeometryType").text = _KINDS[kind]
    ET.indent(root)
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _classes(values: NDArray[np.float64], weights: NDArray[np.float64]) -> list[_Class]:
    positive = values[np.isfinite(values) & (values > 0)]
    classes = []
    if (values == 0).any():
        classes.append(_Class(0.0, 0.0, TEXT["zero"], _ZERO, _WIDTHS_MM[0]))
    if positive.size:
        limits = class_limits(values, weights)
        edges = [0.0, *limits, float(positive.max())]
        labels = class_labels(limits, float(positive.min()), float(positive.max()))
        steps = np.linspace(0.0, 1.0, len(labels)) if limits else np.array([0.5])
        classes += [
            _Class(
                edges[i],
                edges[i + 1],
                label,
                _SHADES[round(steps[i] * (len(_SHADES) - 1))],
                float(np.round(np.interp(steps[i], (0, 1), _WIDTHS_MM), 3)),
            )
            for i, label in enumerate(labels)
        ]
    return classes


def _add_symbol(parent: ET.Element, name: str, kind: str, each: _Class, level: int = 0) -> None:
    symbol = ET.SubElement(
        parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    if kind == "line":
        layer, options = (
            "SimpleLine",
            {
                "line_color": _rgba(each.colour),
                "line_width": repr(each.width_mm),
                "line_width_unit": "MM",
                "line_style": "solid",
                "capstyle": "round",
                "joinstyle": "round",
            },
        )
    elif kind == "marker":
        layer, options = (
            "SimpleMarker",
            {
                "color": _rgba(each.colour),
                "name": "circle",
                "outline_color": "255,255,255,255",
                "outline_width": "0.2",
                "outline_width_unit": "MM",
                "size": repr(each.width_mm),
                "size_unit": "MM",
            },
        )
    else:
        layer, options = (
            "SimpleFill",
            {
                "color": _rgba(each.colour),
                "style": "solid",
                "outline_color": _rgba(_BORDER),
                "outline_width": "0.1",
                "outline_width_unit": "MM",
                "outline_style": "solid",
            },
        )
    element = ET.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0"})
    element.set("pass", str(level))
    group = ET.SubElement(element, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(group, "Option", name=key, type="QString", value=value)
    for key, value in options.items():  # read by QGIS before 3.26
        ET.SubElement(element, "prop", k=key, v=value)


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"
