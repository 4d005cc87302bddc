"""Pictures of results as SVG: bars for figures, lines for charts.

Text is text, values and units are written out, and the colours follow the reader's light or dark scheme.
"""

import html
import math

import bench_results

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff }
  .title { font-size: 16px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .axis { stroke: #8c959f; stroke-width: 1; fill: none }
  .grid { stroke: #d1d9e0; stroke-width: 1; fill: none }
  .range { stroke: #1f2328; stroke-width: 2; fill: none }
  .line { fill: none; stroke-width: 2 }
  .s0 { fill: #0969da } .s1 { fill: #8c959f } .s2 { fill: #bf8700 } .s3 { fill: #8250df }
  .s4 { fill: #cf222e } .s5 { fill: #1a7f37 }
  .l0 { stroke: #0969da } .l1 { stroke: #8c959f } .l2 { stroke: #bf8700 } .l3 { stroke: #8250df }
  .l4 { stroke: #cf222e } .l5 { stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .ground { fill: #0d1117 } .small { fill: #9198a1 } .range { stroke: #f0f6fc }
    .grid { stroke: #3d444d }
    .s0 { fill: #4493f8 } .s2 { fill: #d29922 } .s3 { fill: #ab7df8 } .s4 { fill: #f85149 } .s5 { fill: #3fb950 }
    .l0 { stroke: #4493f8 } .l2 { stroke: #d29922 } .l3 { stroke: #ab7df8 } .l4 { stroke: #f85149 } .l5 { stroke: #3fb950 }
  }
"""
COLOURS = 6
WIDTH = 720
MARGIN = 16
# Bars
NAME_WIDTH = 130
VALUE_WIDTH = 150
BAR = 16
ROW = 20
# Charts
LEFT, RIGHT, TOP, BOTTOM = 84, 16, 64, 48
HEIGHT = 320


class Picture:
    """Elements, and at the end the file's text."""

    def __init__(self, title):
        self.title, self.elements = title, []
        self.text(MARGIN, 26, title, "title")

    def text(self, x, y, text, kind="", anchor="start"):
        style = f' class="{kind}"' if kind else ""
        self.elements.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{style}>{html.escape(text)}</text>')

    def bar(self, x, y, width, height, kind):
        self.elements.append(f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height}" '
                             f'rx="2" class="{kind}"/>')

    def path(self, points, kind):
        steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.elements.append(f'<path d="M{steps}" class="{kind}"/>')

    def dot(self, x, y, kind):
        self.elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{kind}"/>')

    def svg(self, height):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
            f'width="{WIDTH}" height="{height:g}" role="img">',
            f"<title>{html.escape(self.title)}</title>", f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" class="ground"/>', *self.elements, "</svg>", ""])


def bars(section):
    """A section's figures that have peers, one below the other, each with a scale of its own.

    A bar is the median; a line on it goes from the smallest of the rounds to the largest.
    """
    picture = Picture(f"{section.title}, {section.date}")
    if any(len(values) > 1 for figure in section.figures for values in figure.sides.values()):
        picture.text(WIDTH - MARGIN, 26, "bars: medians; lines: all rounds", "small", "end")
    y = 44
    for figure in section.figures:
        if figure.peers:
            y = bar_group(picture, figure, y)
    return picture.svg(y)


def bar_group(picture, figure, y):
    better = "more is better" if figure.better == "more" else "less is better"
    picture.text(MARGIN, y + 14, figure.what)
    picture.text(WIDTH - MARGIN, y + 14, f"{figure.unit}, {better}", "small", "end")
    y += 22
    longest = max(max(values) for values in figure.sides.values()) or 1
    room = WIDTH - 2 * MARGIN - NAME_WIDTH - VALUE_WIDTH
    for side, values in figure.sides.items():
        value = figure.median(side)
        width, x = max(room * value / longest, 1), MARGIN + NAME_WIDTH
        least, most = (x + room * end / longest for end in (min(values), max(values)))
        picture.text(x - 8, y + 13, side, anchor="end")
        picture.bar(x, y, width, BAR, "s0" if side == figure.own else "s1")
        if len(values) > 1:
            picture.path([(least, y + BAR / 2), (most, y + BAR / 2)], "range")
        picture.text(max(x + width, most) + 6, y + 13, f"{bench_results.number(value)} {figure.unit}")
        y += ROW
    return y + 12


class Axis:
    """Where values go between two places, and which of them are labelled."""

    def __init__(self, values, low, high, logarithmic):
        self.low, self.high, self.logarithmic = low, high, logarithmic
        if logarithmic and min(values) <= 0:
            raise ValueError("a logarithmic axis has room for positive values only")
        self.ticks = log_ticks(values) if logarithmic else linear_ticks(values)
        self.first, self.last = self.scale(self.ticks[0]), self.scale(self.ticks[-1])

    def scale(self, value):
        return math.log10(value) if self.logarithmic else value

    def place(self, value):
        part = (self.scale(value) - self.first) / (self.last - self.first)
        return self.low + part * (self.high - self.low)


def linear_ticks(values):
    """From zero to at least the largest, in four to ten steps of 1, 2 or 5."""
    largest = max(max(values), 0)
    if largest == 0:
        return [0, 1]
    step = 10 ** math.floor(math.log10(largest))
    for part in (0.1, 0.2, 0.5, 1):
        count = math.ceil(largest / (step * part) - 1e-9)
        if count <= 10:
            return [step * part * index for index in range(count + 1)]
    return [0, largest]


def log_ticks(values):
    """Powers of ten around all values."""
    first = math.floor(math.log10(min(values)) + 1e-9)
    last = max(math.ceil(math.log10(max(values)) - 1e-9), first + 1)
    return [10.0**power for power in range(first, last + 1)]


def short(value):
    """A tick's label: 1.5k, 20M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def lines(chart):
    """A chart's lines with a dot for each measurement, and their names above."""
    picture = Picture(chart.title)
    points = [point for line in chart.lines.values() for point in line]
    if not points:
        raise ValueError(f"{chart.name}: no points")
    x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT, chart.x_log)
    y = Axis([point[1] for point in points], HEIGHT - BOTTOM, TOP, chart.y_log)
    axes(picture, chart, x, y)
    place = LEFT
    for index, (name, values) in enumerate(chart.lines.items()):
        colour = index % COLOURS
        places = [(x.place(a), y.place(b)) for a, b in values]
        picture.path(places, f"line l{colour}")
        for each in places:
            picture.dot(*each, f"s{colour}")
        picture.dot(place + 4, 46, f"s{colour}")
        picture.text(place + 14, 50, name)
        place += 40 + 7.2 * len(name)
    return picture.svg(HEIGHT)


def axes(picture, chart, x, y):
    for tick in y.ticks:
        at = y.place(tick)
        picture.path([(LEFT, at), (WIDTH - RIGHT, at)], "grid")
        picture.text(LEFT - 8, at + 4, short(tick), "small", "end")
    for tick in x.ticks:
        at = x.place(tick)
        picture.path([(at, HEIGHT - BOTTOM), (at, HEIGHT - BOTTOM + 5)], "axis")
        picture.text(at, HEIGHT - BOTTOM + 19, short(tick), "small", "middle")
    picture.path([(LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM)], "axis")
    picture.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, chart.x_title, "small", "middle")
    picture.text(WIDTH - RIGHT, 50, chart.y_title, "small", "end")
