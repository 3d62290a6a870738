#!/usr/bin/env python3
"""Draws the table of benchmarks in the README as scripts/bench_plot.svg: the same figures, and no others.

  scripts/bench_plot.py            writes the plot
  scripts/bench_plot.py --check    ends with code 1 if the plot is not that of the table

Left, for each job, how many times faster pagemill was than the best other tool, on a logarithmic scale. The thin line
spans what other runs gave. Right, the peak memory of both.
"""
import html
import math
import os
import re
import sys

import benchlib

README = os.path.join(benchlib.ROOT, "README.md")
PLOT = os.path.join(benchlib.ROOT, "scripts", "bench_plot.svg")
HEAD = "| job | pagemill | peak MB | best other tool |"

WIDTH, TOP, ROW, BOTTOM = 1000, 62, 30, 36
# The two scales: their left and right ends on the page, and the values there.
FASTER = (300, 560, 0.5, 40)
MEMORY = (755, 975, 1, 2000)
OURS, THEIRS, LOST, INK, GREY = "#1f6feb", "#8c959f", "#cf222e", "#24292f", "#d0d7de"


class Row:
    """A line of the table."""

    def __init__(self, line):
        cells = [cell.strip().strip("*") for cell in line.strip().strip("|").split("|")]
        self.job, self.time, memory, self.tool, self.its_time, its_memory, factor, others = cells
        self.memory, self.its_memory = number(memory), number(its_memory)
        self.factor = number(factor)
        # Of one run there is no range.
        ends = [float(end) for end in others.split(" to ")] if others else [self.factor, self.factor]
        self.least, self.most = ends
        self.spread = f" ({self.least:g} to {self.most:g})" if others else ""


def number(text):
    """The number that a cell begins with; none if there is none."""
    found = re.match(r"[0-9.]+", text)
    return float(found.group()) if found else None


def rows():
    with open(README, encoding="utf-8") as file:
        lines = file.read().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(HEAD)) + 2
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append(Row(line))
    return table


def at(scale, value):
    """Where a value is on a logarithmic scale."""
    left, right, low, high = scale
    return left + (right - left) * math.log(value / low) / math.log(high / low)


def text(x, y, what, size=12, colour=INK, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{html.escape(what)}</text>')


def line(x1, y1, x2, y2, colour, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def dot(x, y, colour):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'


def axis(scale, ticks, bottom):
    parts = []
    for value in ticks:
        x = at(scale, value)
        parts.append(line(x, TOP - 8, x, bottom, INK if value == 1 and scale is FASTER else GREY))
        parts.append(text(x, bottom + 16, f"{value:g}", 11, INK, "middle"))
    return parts


def speed(row, y):
    """How many times faster, and the two times."""
    colour = OURS if row.factor >= 1 else LOST
    one, end = at(FASTER, 1), at(FASTER, row.factor)
    left, width = min(one, end), abs(end - one)
    return [
        text(FASTER[0] - 10, y + 4, row.job, 12, INK, "end"),
        f'<rect x="{left:.1f}" y="{y - 7:.1f}" width="{width:.1f}" height="14" fill="{colour}"/>',
        line(at(FASTER, row.least), y, at(FASTER, row.most), y, INK, 1.5),
        text(FASTER[1] + 10, y - 1, f"{row.factor:.1f} ×{row.spread}", 11, INK),
        text(FASTER[1] + 10, y + 11, f"{row.time}, {row.tool} {row.its_time}", 9, INK),
    ]


def memory(row, y):
    """The two peaks."""
    if row.memory is None or row.its_memory is None:
        return [text(at(MEMORY, 10), y + 4, "not measured", 10, INK)]
    ours, theirs = at(MEMORY, row.memory), at(MEMORY, row.its_memory)
    return [line(ours, y, theirs, y, GREY, 3), dot(theirs, y, THEIRS), dot(ours, y, OURS)]


def plot(table):
    bottom = TOP + ROW * len(table)
    height = bottom + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
        "<title>pagemill and the best other tool for each job: speed and peak memory</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(FASTER[0], 20, "times faster than the best other tool", 13, INK, weight="bold"),
        text(FASTER[0], 38, "line: other runs; red, left of 1: slower", 11),
        text(MEMORY[0], 20, "peak memory, MB", 13, INK, weight="bold"),
        dot(MEMORY[0] + 5, 34, OURS), text(MEMORY[0] + 15, 38, "pagemill", 11),
        dot(MEMORY[0] + 85, 34, THEIRS), text(MEMORY[0] + 95, 38, "the other tool", 11),
    ]
    parts += axis(FASTER, (0.5, 1, 2, 5, 10, 20, 40), bottom) + axis(MEMORY, (1, 10, 100, 1000), bottom)
    for index, row in enumerate(table):
        y = TOP + ROW * index + ROW / 2
        parts += speed(row, y) + memory(row, y)
    return "\n".join(parts + ["</svg>", ""])


def main():
    new = plot(rows())
    if sys.argv[1:] == ["--check"]:
        with open(PLOT, encoding="utf-8") as file:
            sys.exit(0 if file.read() == new else "scripts/bench_plot.svg is not that of the README: run scripts/bench_plot.py")
    if sys.argv[1:]:
        sys.exit(__doc__)
    with open(PLOT, "w", encoding="utf-8") as file:
        file.write(new)


if __name__ == "__main__":
    main()
