"""From a drawing to an SVG that a strict content policy lets stand inside a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from django.utils.safestring import SafeString

SVG = "http://www.w3.org/2000/svg"
DROPPED = {"id", "buffered-rendering", "clip-path", "clip-bounds-jfx", "display", "pointer-events", "text-rendering"}
NUMBER = re.compile(r"-?\d+\.\d+(?:[eE]-?\d+)?")
RGB = re.compile(r"rgb\((\d+),\s*(\d+),\s*(\d+)\)")


def cleaned(drawing: str, title: str, desc: str) -> SafeString:
    """The drawing as SVG for a page: no style, no id, whole colours, a title and a description, no fixed size."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(drawing)  # noqa: S314 - lets-plot's own output
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    _prune(root)
    for element in root.iter():
        _tidy(element)
    root.attrib.clear()
    root.set("class", "plot")
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    root.set("role", "img")
    for at, (tag, words) in enumerate((("title", title), ("desc", desc))):
        said = ElementTree.Element(f"{{{SVG}}}{tag}")
        said.text = words
        root.insert(at, said)
    text = ElementTree.tostring(root, encoding="unicode")
    return SafeString(re.sub(r">\s+<", "><", text))  # ElementTree has escaped the words


def _prune(element: ElementTree.Element) -> None:
    """Takes out what a page must not carry or does not show, and groups that hold nothing then."""
    for child in list(element):
        _prune(child)
        if _unwanted(child):
            element.remove(child)


def _unwanted(element: ElementTree.Element) -> bool:
    tag = element.tag.removeprefix(f"{{{SVG}}}")
    if tag in ("style", "defs", "clipPath"):
        return True
    if tag == "g":
        return len(element) == 0
    paint = {"fill": element.get("fill"), "stroke": element.get("stroke")}
    whole_box = tag == "path" and (paint["fill"] == "rgb(255,255,255)" or element.get("pointer-events") == "none")
    hairline = element.get("stroke-width") == "0.0" and paint["fill"] == "none"
    return whole_box or hairline


def _tidy(element: ElementTree.Element) -> None:
    """Style to presentation attributes, colours to six digits, coordinates to one decimal."""
    style = element.attrib.pop("style", "")
    for name, _, value in (part.partition(":") for part in style.split(";") if part.strip()):
        element.set(name.strip(), value.strip())
    for name, value in list(element.attrib.items()):
        if name in DROPPED or (name.endswith("opacity") and value in ("1", "1.0")) or name in ("class", "font-family"):
            del element.attrib[name]
        elif name not in ("fill", "stroke"):
            element.set(name, NUMBER.sub(_short, value))
        else:
            element.set(name, RGB.sub(_hex, value))


def _short(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1):g}"


def _hex(colour: re.Match[str]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour.groups()))
