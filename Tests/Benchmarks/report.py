"""Prints what was measured as a table, and draws it."""
import statistics

NAMES = {"tollgate": "Tollgate", "peer": "peer", "nginx": "nginx"}


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """How far the runs lie from their median, in percent: how noisy the machine was."""
    middle = median(values)
    return 100 * max(abs(value - middle) for value in values) / middle


class Target:
    """A figure that must lie on one side of a bound."""

    def __init__(self, what, value, bound, at_least=True, unit=""):
        self.what, self.value, self.bound = what, value, bound
        self.at_least, self.unit = at_least, unit

    @property
    def is_met(self):
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self):
        sign = "≥" if self.at_least else "≤"
        return [self.what, f"{self.value:.2f}{self.unit}", f"{sign} {self.bound}{self.unit}",
                "met" if self.is_met else "MISSED"]

    def json(self):
        return {"what": self.what, "value": round(self.value, 3), "bound": self.bound,
                "at_least": self.at_least, "is_met": self.is_met}


def table(header, rows):
    rows = [header] + rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def rates(title, runs):
    """A table of the runs of each server: median a second, latencies, noise."""
    rows = []
    for name, results in runs.items():
        if results:
            values = [result["rate"] for result in results]
            rows.append([
                NAMES[name], f"{median(values):,.0f}",
                f"{median([result['p50'] for result in results]):.2f}",
                f"{median([result['p99'] for result in results]):.2f}",
                f"{median([result['cost'] for result in results]):.0f}",
                f"±{spread(values):.0f} %"])
    return table([title, "a second", "p50 ms", "p99 ms", "CPU µs each", "runs"], rows)


WIDTH, HEIGHT, LEFT, TOP, GAP = 860, 340, 70, 50, 90


def plot(path, points):
    """An SVG with lookups a second and memory against the number of subscriptions."""
    panel = (WIDTH - 2 * LEFT - GAP) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    parts += curve("lookups a second", [(n, rate) for n, rate, _ in points], LEFT, panel)
    parts += curve("resident memory, MB", [(n, size) for n, _, size in points],
                   LEFT + panel + GAP, panel)
    with open(path, "w") as out:
        out.write("\n".join(parts + ["</svg>", ""]))


def curve(title, points, left, width):
    height = HEIGHT - 2 * TOP
    exponents = [len(str(n)) - 1 for n, _ in points]
    low, high = min(exponents), max(max(exponents), min(exponents) + 1)
    top = nice(max(value for _, value in points) * 1.1)

    def place(n, value):
        along = (logarithm(n) - low) / (high - low)
        return left + along * width, TOP + height * (1 - value / top)

    parts = [f'<text x="{left}" y="{TOP - 18}" font-weight="bold">{title}</text>']
    for step in range(5):
        value = top * step / 4
        _, y = place(10 ** low, value)
        parts.append(f'<path d="M{left} {y:.1f}h{width:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    for exponent in range(low, high + 1):
        x, _ = place(10 ** exponent, 0)
        parts.append(f'<text x="{x:.1f}" y="{TOP + height + 20}" text-anchor="middle">'
                     f'{10 ** exponent:,}</text>')
    places = [place(n, value) for n, value in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1565c0" stroke-width="2"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1565c0"/>' for x, y in places]
    parts.append(f'<text x="{left + width / 2:.1f}" y="{TOP + height + 40}" '
                 'text-anchor="middle">subscriptions</text>')
    return parts


def logarithm(n):
    """The decimal logarithm of a power of ten, and a straight line between."""
    exponent = len(str(n)) - 1
    return exponent + (n / 10 ** exponent - 1) / 9


def nice(value):
    """The next round number above."""
    power = 10 ** (len(str(int(value))) - 1)
    return next(step * power for step in (1, 2, 4, 5, 8, 10, 20) if step * power >= value)
