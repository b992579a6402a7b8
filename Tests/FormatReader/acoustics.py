"""Rows and histograms made of frames again, from `docs/acoustics.md`."""
import math

from segment import METRICS, NONE

DAY, TICK = 86_400_000, 100
LONE = 10


class Day:
    """What the frames of one unit's UTC day come to, in stretches of `step` ms."""

    def __init__(self, frames, step):
        self.midnight = frames[0].time // DAY * DAY
        self.step = step
        self.count = DAY // step
        self.samples = [0] * self.count
        self.covered = [0] * self.count
        self.overloaded = [0] * self.count
        self.energy = [0.0] * self.count
        self.histograms = [{} for _ in range(self.count)]
        self.values = [[[] for _ in METRICS] for _ in range(self.count)]
        before = None
        for frame in frames:
            self._add(frame, before)
            if not is_of_trail(frame):
                before = frame

    def _add(self, frame, before):
        if not frame.state & 1:
            return
        stretch = (frame.time - self.midnight) // self.step
        for metric, value in enumerate(frame.levels):
            if value != NONE and not (metric == 0 and is_of_trail(frame)):
                self.values[stretch][metric].append(value)
        lp = frame.levels[0]
        if lp == NONE or is_of_trail(frame):
            return
        self.samples[stretch] += 1
        end = max(frame.time // TICK, self.midnight // TICK + 1)
        for tick in range(end - dwell(frame, before, self.midnight), end):
            place = (tick - self.midnight // TICK) * TICK // self.step
            self.covered[place] += 1
            self.energy[place] += 10 ** (lp / 100)
            self.overloaded[place] += frame.state >> 1 & 1
            ticks = self.histograms[place]
            ticks[lp] = ticks.get(lp, 0) + 1

    def mean(self, place):
        """dB; None where nothing is covered."""
        covered = self.covered[place]
        return 10 * math.log10(self.energy[place] / covered) if covered else None

    def columns(self):
        """The 24 columns of a rollup but for the mean, which is None."""
        rows = range(self.count)

        def column(metric, choose):
            return [choose(self.values[i][metric]) if self.values[i][metric] else NONE
                    for i in rows]

        found = [self.samples, self.covered, self.overloaded, column(0, min), column(0, max), None]
        for metric in range(1, len(METRICS)):
            found += [column(metric, lambda values: values[-1]), column(metric, min),
                      column(metric, max)]
        return found


def is_of_trail(frame):
    return frame.state >> 4 & 3 == 3


def dwell(frame, before, midnight):
    """Ticks that a frame covers."""
    start, longest = frame.run
    since_midnight = max(1, frame.time // TICK - midnight // TICK)
    if before is None:
        if (start is not None and start >= midnight) or frame.time - midnight > longest:
            return min(LONE, since_midnight)
        return since_midnight
    start_before = before.run[0]
    is_same = start == start_before or (
        None not in (start, start_before) and start <= before.time)
    if not is_same or frame.time - before.time > longest:
        return min(LONE, since_midnight)
    return max(1, frame.time // TICK - before.time // TICK)
