"""What Earshot is measured against: one engine a file, each with settings that suit the data.

An engine has `name`, `settings` (a sentence), `version()`, `ingest(file, frames)` until durable,
`settle()`, `size_bytes()`, `buckets(start, end, step_seconds, with_mean)` and
`ranks(start, end)` as dictionaries of columns, `cpu_seconds()` and `close()`. One that is asked
through HTTP answers with bytes instead, of which `read` makes columns outside the time taken.

None can weigh by dwell: means and LN count each frame once. Those inside Python answer with arrays
in this process, which spares them HTTP and JSON; Earshot and VictoriaMetrics are asked through
HTTP.
"""
import os

import numpy

METRICS = ("lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2")
COLUMNS = ("unit", "t", "state") + METRICS
DAY_MS = 86_400_000
PERCENTS = (10, 50, 90)
# 10^(x/100) as e^(x·this), which engines compute faster than a power of ten.
TENTH_DECIBEL = "2.3025850929940457e-2"  # with an exponent: a DOUBLE everywhere


def select(step_seconds, with_mean, table, integer_division="//"):
    """SQL for buckets; `?` is start and end in ms, twice a half-open range."""
    bucket = f"t {integer_division} {step_seconds * 1000} * {step_seconds * 1000}"
    mean = f", 10 * log10(avg(exp(lp * {TENTH_DECIBEL}))) AS mean" if with_mean else ""
    return (f"SELECT {bucket} AS b, min(lp) AS lo, max(lp) AS hi, max(lmax) AS top{mean} "
            f"FROM {table} WHERE unit = 1 AND t >= ? AND t < ? GROUP BY b ORDER BY b")


def select_classes(table, integer_division="//"):
    """SQL for exact LN by day: how many frames at each level, which is the least work."""
    return (f"SELECT t {integer_division} {DAY_MS} * {DAY_MS} AS b, lp, count(*) AS n "
            f"FROM {table} WHERE unit = 1 AND t >= ? AND t < ? GROUP BY b, lp ORDER BY b, lp")


def named(t, low, high, top, mean=None):
    columns = {"t": t, "min": low, "max": high, "lmax_max": top}
    if mean is not None:
        columns["mean"] = mean
    return columns


def ranks(days, levels, counts):
    """LN by day of counts by level, both ascending: nearest rank from the top."""
    days, levels, counts = (numpy.asarray(column) for column in (days, levels, counts))
    starts = numpy.flatnonzero(numpy.r_[True, days[1:] != days[:-1]])
    answer = {percent: [] for percent in PERCENTS}
    for first, last in zip(starts, numpy.r_[starts[1:], len(days)]):
        reaching = numpy.cumsum(counts[first:last][::-1])
        for percent in PERCENTS:
            at = numpy.argmax(reaching * 100 >= percent * reaching[-1])
            is_enough = reaching[-1] * percent >= 1000
            answer[percent].append(levels[last - 1 - at] if is_enough else numpy.nan)
    return {"t": days[starts], "ln": answer}


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(parent, name))
               for parent, _, names in os.walk(folder) for name in names)
