"""What answers are checked against: the same numbers by another way, with numpy.

Dwell, buckets, energy mean and LN as docs/acoustics.md says. Nothing here is taken from the
service. `unweighted` buckets are for peers, which cannot weigh by dwell.
"""
import numpy

DAY_MS, TICK_MS = 86_400_000, 100
MAX_DWELL_MS, LONE_TICKS = 15_000, 10
# Means are given with two decimals, and may come from rows that were rounded to three.
MEAN_TOLERANCE_DB = 0.0056


class Oracle:
    """Frames of one unit, with what each weighs."""

    def __init__(self, frames):
        self.frames = frames
        self.times = numpy.ascontiguousarray(frames["t"])
        self.dwell = _dwell(self.times)
        self.energy = 10 ** (numpy.arange(-500, 2000) / 100)

    def edges(self, start, end, step_seconds):
        """Borders of the buckets around a range, all in ms; the first may lie before it."""
        step = step_seconds * 1000
        first = start // step * step
        return first + step * numpy.arange((end - first + step - 1) // step + 1)

    def buckets(self, start, end, step_seconds, percents=()):
        """Columns by bucket: `mean` in dB, extremes in tenths, `covered` in ticks, `ln` in tenths.

        NaN and `none` where there is nothing.
        """
        edges = self.edges(start, end, step_seconds)
        count, step = len(edges) - 1, step_seconds * 1000 // TICK_MS
        part = slice(*numpy.searchsorted(self.times, [start, end + MAX_DWELL_MS]))
        frames, ends = self.frames[part], self.times[part] // TICK_MS
        starts = numpy.maximum(ends - self.dwell[part], start // TICK_MS)
        ends = numpy.minimum(ends, end // TICK_MS)
        use = (ends > starts) & (frames["state"] != 0)
        starts, ends, lp = starts[use], ends[use], frames["lp"][use].astype(numpy.int64)
        origin = edges[0] // TICK_MS
        low, high = (starts - origin) // step, (ends - 1 - origin) // step
        assert len(low) == 0 or (high - low).max() <= 1, "buckets are shorter than a dwell"
        # A frame whose dwell crosses an edge counts for both sides of it.
        border = numpy.maximum(starts, origin + high * step)
        crossing = high > low
        index = numpy.concatenate([high, low[crossing]])
        weight = numpy.concatenate([ends - border, (border - starts)[crossing]])
        level = numpy.concatenate([lp, lp[crossing]])
        covered = numpy.bincount(index, weight, count).astype(numpy.int64)
        energy = numpy.bincount(index, weight * self.energy[level + 500], count)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            answer = {"t": edges[:-1], "covered": covered,
                      "mean": 10 * numpy.log10(energy / covered)}
        answer.update(self._extremes(start, end, edges))
        answer["ln"] = _ranks(index, level, weight, count, answer["samples"], percents)
        return answer

    def _extremes(self, start, end, edges):
        part = slice(*numpy.searchsorted(self.times, [start, end]))
        use = self.frames["state"][part] != 0
        times = self.times[part][use]
        bounds = numpy.searchsorted(times, edges)
        samples = numpy.diff(bounds)
        filled = samples > 0
        answer = {"samples": samples}
        for name, metric, reduce in (
                ("min", "lp", numpy.minimum), ("max", "lp", numpy.maximum),
                ("lmax_max", "lmax", numpy.maximum)):
            answer[name] = numpy.full(len(samples), numpy.nan)
            if filled.any():
                values = self.frames[metric][part][use]
                answer[name][filled] = reduce.reduceat(values, bounds[:-1][filled])
        return answer

    def unweighted(self, start, end, step_seconds, percents=()):
        """The same where each frame counts once and stopped ones too: what a peer's SQL says."""
        edges = self.edges(start, end, step_seconds)
        part = slice(*numpy.searchsorted(self.times, [start, end]))
        frames = self.frames[part]
        index = (self.times[part] - edges[0]) // (step_seconds * 1000)
        lp = frames["lp"].astype(numpy.int64)
        count = len(edges) - 1
        samples = numpy.bincount(index, None, count)
        filled = samples > 0
        bounds = numpy.searchsorted(index, numpy.arange(count))[filled]
        energy = numpy.bincount(index, self.energy[lp + 500], count)
        ones = numpy.ones(len(lp), numpy.int64)
        return {
            "t": edges[:-1][filled], "mean": 10 * numpy.log10(energy[filled] / samples[filled]),
            "min": numpy.minimum.reduceat(lp, bounds), "max": numpy.maximum.reduceat(lp, bounds),
            "lmax_max": numpy.maximum.reduceat(frames["lmax"], bounds),
            "ln": {key: values[filled] for key, values in
                   _ranks(index, lp, ones, count, samples, percents).items()}}


def _dwell(times):
    """Ticks that each frame stands for, when all are of one measurement."""
    midnight = times // DAY_MS * DAY_MS
    tick = times // TICK_MS
    since_midnight = numpy.maximum(1, tick - midnight // TICK_MS)
    lone = numpy.minimum(LONE_TICKS, since_midnight)
    ticks = numpy.where(times - midnight <= MAX_DWELL_MS, since_midnight, LONE_TICKS)
    ticks[0] = lone[0]
    gap, same_day = numpy.diff(times), times[:-1] >= midnight[1:]
    within = numpy.where(gap <= MAX_DWELL_MS, numpy.maximum(1, numpy.diff(tick)), lone[1:])
    ticks[1:] = numpy.where(same_day, within, ticks[1:])
    return ticks.astype(numpy.int32)


def _ranks(index, level, weight, count, samples, percents):
    """LN by nearest rank from the top: lists of tenths by percentage, NaN for too few samples."""
    if not percents or len(level) == 0:
        return {}
    least = level.min()
    classes = level.max() - least + 1
    table = numpy.bincount(index * classes + level - least, weight, count * classes)
    reaching = numpy.cumsum(table.astype(numpy.int64).reshape(count, classes)[:, ::-1], axis=1)
    total = reaching[:, -1:]
    answer = {}
    for percent in percents:
        reached = (reaching * 100 >= percent * total) & (reaching > 0)
        values = least + classes - 1 - reached.argmax(axis=1).astype(float)
        values[samples * percent < 1000] = numpy.nan
        answer[percent] = values
    return answer


def differences(body, expected, start, end):
    """Sentences on what is wrong in an answer of `/history`; and how far its means are off, dB."""
    wrong = []

    def compare(name, found, wanted, scale, tolerance=1e-6):
        if found is None or len(found) != len(wanted):
            wrong.append(f"{name} has {len(found or [])} values instead of {len(wanted)}")
            return 0.0
        found = numpy.array([numpy.nan if value is None else value for value in found])
        wanted = numpy.asarray(wanted, float) / scale
        missing = numpy.isnan(found) != numpy.isnan(wanted)
        off = numpy.nan_to_num(numpy.abs(found - wanted), nan=0.0)
        bad = numpy.flatnonzero(missing | (off > tolerance))
        if len(bad):
            at = bad[0]
            wrong.append(f"{name} differs in {len(bad)} of {len(wanted)} buckets, the first at "
                         f"{expected['t'][at]}: {found[at]} instead of {wanted[at]}")
        return float(off.max(initial=0))

    compare("t", body["t"], expected["t"], 1)
    off = compare("lp.mean", body["lp"]["mean"], expected["mean"], 1, MEAN_TOLERANCE_DB)
    compare("lp.min", body["lp"]["min"], expected["min"], 10)
    compare("lp.max", body["lp"]["max"], expected["max"], 10)
    if "lmax" in body:
        compare("lmax.max", body["lmax"]["max"], expected["lmax_max"], 10)
    compare("covered", body["covered"], expected["covered"], 10)
    for percent, values in expected["ln"].items():
        compare(f"ln.{percent}", body.get("ln", {}).get(str(percent)), values, 10)
    coverage = min(1, expected["covered"].sum() * TICK_MS / (end - start))
    if abs(body["coverage"] - coverage) > 1e-4:
        wrong.append(f"coverage is {body['coverage']} instead of {coverage:.5f}")
    if body.get("damage"):
        wrong.append(f"damage: {body['damage'][:1]}")
    return wrong, off
