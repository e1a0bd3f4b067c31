"""Figures as accessible SVG. Data comes in plain: days after surgery and numbers.

lets-plot draws; the drawing is then stripped of its style sheet and style attributes, given a title and a
description, and loses its fixed size. Colours are those of tokens.css, and app.css maps each one to its custom
property, which is how the dark theme reaches a figure.
"""

from tracker.charts.figures import MIDDLE, PALETTE, PHONE, WIDE, Frame, Size, bend, kept, load, pain

__all__ = ["MIDDLE", "PALETTE", "PHONE", "WIDE", "Frame", "Size", "bend", "kept", "load", "pain"]
