"""Results as JSON, a Markdown table and a picture, with the machine and the commit they are from."""
import datetime, json, math, os, platform, subprocess
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "results")
OURS, OTHER, INK, QUIET = "#1f6f8b", "#c3c9cf", "#22272b", "#6b747b"


def write(name, title, command, figures, panels, notes=(), folder=FOLDER, table_=None):
    """Writes NAME.json, NAME.md with a table (of the figures, if none is given) and NAME.svg.

    Figures are dictionaries with at least `name`, `value` and `unit`; panels go to `picture`.
    """
    os.makedirs(folder, exist_ok=True)
    origin = {"title": title, "date": datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"), "command": command, "commit": commit(), "machine": machine()}
    base = os.path.join(folder, name)
    with open(base + ".json", "w") as file:
        json.dump({**origin, "notes": list(notes), "figures": figures}, file, indent=1,
                  ensure_ascii=False)
        file.write("\n")
    with open(base + ".md", "w") as file:
        file.write(heading(origin) + f"\n![{title}]({name}.svg)\n\n"
                   + (table_ or table(figures)))
        file.writelines(f"\n{note}\n" for note in notes)
    with open(base + ".svg", "w") as file:
        file.write(picture(title, panels))


def commit():
    """The commit, and whether anything but results differs from it."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True).stdout
    changed = [line for line in git("status", "--porcelain").splitlines()
               if "benchmarks/results/" not in line]
    return (git("rev-parse", "--short=12", "HEAD").strip() or "unknown") + (
        " with changes" if changed else "")


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1),
            "kernel": platform.release(), "architecture": platform.machine(),
            "load_average": round(os.getloadavg()[0], 2)}


def heading(origin):
    at = origin["machine"]
    return (f"# {origin['title']}\n\n`{origin['command']}`, {origin['date'][:10]}, commit "
            f"{origin['commit']}; {at['cpu']}, {at['cores']} cores, {at['memory_gib']} GiB, Linux "
            f"{at['kernel']}; load average at the end {at['load_average']}.\n")


def table(figures):
    rows = ["| figure | value | to reach | |", "|---|---:|---:|---|"]
    for figure in figures:
        rows.append(f"| {figure['name']} | {number(figure['value'])} {figure['unit']} | "
                    f"{goal(figure)} | {details(figure)} |")
    return "\n".join(rows) + "\n"


def goal(figure):
    """The figure to reach, and whether it was."""
    target = figure.get("target")
    if target is None:
        return ""
    is_less = figure.get("better", "less") == "less"
    is_reached = figure["value"] <= target if is_less else figure["value"] >= target
    return f"{'≤' if is_less else '≥'} {number(target)} {'✓' if is_reached else '✗'}"


UNITS = {"ms": "ms", "ns": "ns", "mib": "MiB", "seconds": "s", "db": "dB"}


def details(figure):
    """What else is known of a figure, in words: `p99_ms` is "p99 1.20 ms"."""
    parts = []
    for key, value in figure.items():
        if key in ("name", "value", "unit", "target", "better"):
            continue
        words = key.split("_")
        unit = UNITS.get(words[-1], "")
        name = " ".join(words[:-1] if unit else words)
        text = number(value) if isinstance(value, float) else str(value)
        parts.append(f"{name} {text} {unit}".replace("cpu", "CPU").strip())
    return ", ".join(parts)


def number(value):
    """Three digits that count."""
    if not isinstance(value, (int, float)):
        return str(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 1_000_000:
        return f"{value / 1e6:.3g} M"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}" if places < 6 else f"{value:.2g}"


def picture(title, panels):
    """Bars, on a logarithmic scale where they differ much: panels of (heading, unit, rows of (label, value, ours, mark)).

    A mark is the figure to reach, drawn across the bar.
    """
    width, left, right, line = 860, 250, 120, 22
    height = 50 + sum(44 + line * len(rows) for _, _, rows in panels)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" font-family="sans-serif" font-size="13" '
           f'role="img" aria-label="{escape(title)}">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="16" y="28" font-size="17" fill="{INK}">{escape(title)}</text>']
    y = 50
    for heading_, unit, rows in panels:
        values = [value for _, value, _, mark in rows for value in (value, mark) if value]
        low, high = 10 ** math.floor(math.log10(min(values)) - 0.3), max(values)
        is_linear = high < 20 * min(values)
        y += 24
        out.append(f'<text x="16" y="{y}" font-weight="600" fill="{INK}">{escape(heading_)}</text>'
                   f'<text x="{width - 16}" y="{y}" text-anchor="end" fill="{QUIET}">'
                   f'{escape(unit)}{"" if is_linear else ", logarithmic"}</text>')
        y += 8

        def x(value):
            share = value / high if is_linear else math.log(value / low) / math.log(high / low)
            return left + share * (width - left - right)

        for label, value, is_ours, mark in rows:
            weight = ' font-weight="600"' if is_ours else ""
            out.append(
                f'<text x="{left - 8}" y="{y + 15}" text-anchor="end" fill="{INK}"'
                f'{weight}>{escape(label)}</text>'
                f'<rect x="{left}" y="{y + 3}" width="{max(1, x(value) - left):.1f}" '
                f'height="{line - 6}" fill="{OURS if is_ours else OTHER}"/>'
                f'<text x="{max(x(value), x(mark or value)) + 6:.1f}" y="{y + 15}" fill="{INK}">{number(value)}</text>')
            if mark:
                out.append(f'<path d="M{x(mark):.1f} {y + 1}v{line - 2}" stroke="#b3261e" '
                           'stroke-width="2"/>')
            y += line
        y += 12
    return "\n".join(out + ["</svg>"]) + "\n"
