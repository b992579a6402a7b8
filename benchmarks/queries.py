"""The questions that `/history` is measured with, and how they are asked."""
import dataclasses, json, zlib

import oracle

DAY = 86_400_000


@dataclasses.dataclass(frozen=True)
class Kind:
    """One question over many ranges."""
    name: str
    set: str
    days: float
    parameters: str
    step_seconds: int
    percents: tuple = ()
    target_ms: float = None

    def path(self, unit, range_):
        return (f"/api/units/{unit}/history?from={range_[0]}&to={range_[1]}"
                f"&metrics=lp,lmax&{self.parameters}")

    def short(self, days):
        """The same for a smoke run on a set of one day."""
        step = 60 if self.step_seconds == 60 or days * 86_400 <= 60 * 1500 else 300
        return dataclasses.replace(self, set="S1", days=days, step_seconds=step, target_ms=None)


# S has exactly 30 days: 29.5 of them leave room for different ranges. Y has room for 30 whole ones.
KINDS = [
    Kind("30 d → 1500", "S", 29.5, "points=1500", 1800, target_ms=1),
    Kind("30 d of a year → 1500", "Y", 30, "points=1500", 1800, target_ms=1),
    Kind("365 d → 1500", "Y", 364, "points=1500", 21_600, target_ms=2),
    Kind("365 d → 1500 with L10, L50, L90", "Y", 364, "points=1500&ln=10,50,90", 21_600,
         (10, 50, 90), target_ms=15),
    Kind("1 d → 1440", "S", 1, "step=60", 60, target_ms=1),
    Kind("30 d in 60 s", "Y", 30, "step=60", 60, target_ms=15),
]
LN_BY_DAY = Kind("30 d → L10, L50, L90 by day", "S", 29.5, "step=86400&ln=10,50,90", 86_400,
                 (10, 50, 90))


def ranges(start, end, days, count, seed=0):
    """Different ranges of one length inside a set, at odd milliseconds."""
    length = int(days * DAY)
    slack = end - start - length
    assert slack > 0, "the set is shorter than the range"
    moves = [(slack * index // count + 1 + 7919 * (index + 1 + 1000 * seed)) % slack
             for index in range(count)]
    assert len(set(moves)) == count
    return [(start + move, start + move + length) for move in moves]


def span(frames):
    """Start and end of a set in whole seconds, so that no frame is outside."""
    return int(frames["t"][0]) // 1000 * 1000, int(frames["t"][-1]) // 1000 * 1000 + 1000


def measure(instance, kind, unit, reference, count, checks, warm=50):
    """Asks `count` ranges, each once, after `warm` others: times, CPU, bytes.

    Some of the answers are checked; a wrong one ends the run. The checksum is over all answers.
    """
    start, end = span(reference.frames)
    connection = instance.connection
    for range_ in ranges(start, end, kind.days, warm, seed=1):
        connection.get(kind.path(unit, range_))
    asked = ranges(start, end, kind.days, count)
    requests = [connection.request(kind.path(unit, range_)) for range_ in asked]
    seconds, checksum, bytes_, cpu = [], 0, 0, 0.0
    for request in requests:
        before = instance.cpu_seconds()
        took, head, body = connection.exchange(request)
        cpu += instance.cpu_seconds() - before
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"{kind.name}: {head[:200]!r} {bytes(body[:300])!r}")
        seconds.append(took)
        bytes_ += len(body)
        checksum = zlib.crc32(body, checksum)
    if checksum == 0:
        raise SystemExit(f"{kind.name}: the checksum is 0, so nothing was computed")
    found = {**percentiles(seconds), "cpu_ms": cpu / count * 1000, "queries": count,
             "bytes": bytes_ // count, "checksum": f"{checksum:08x}"}
    found.update(verify(instance, kind, unit, reference, asked, checks))
    return found


def verify(instance, kind, unit, reference, asked, checks):
    """Compares some answers with the oracle's; ends the run when one is wrong."""
    worst = 0.0
    for index in range(checks):
        range_ = asked[index * (len(asked) - 1) // max(1, checks - 1)]
        body = json.loads(instance.connection.get(kind.path(unit, range_))[1])
        if body["step_seconds"] != kind.step_seconds:
            raise SystemExit(f"{kind.name}: buckets of {body['step_seconds']} s")
        expected = reference.buckets(*range_, kind.step_seconds, kind.percents)
        wrong, off = oracle.differences(body, expected, *range_)
        if wrong:
            raise SystemExit(
                f"{kind.name}: the answer for {range_} is wrong:\n" + "\n".join(wrong))
        worst = max(worst, off)
    return {"buckets": len(body["t"]), "source": body["source"], "checked": checks,
            "mean_off_db": round(worst, 4)}


def floor(instance, count):
    """The client's own share: the same exchange with `/healthz`."""
    request = instance.connection.request("/healthz")
    seconds = [instance.connection.exchange(request)[0] for _ in range(count)]
    return percentiles(seconds)


def percentiles(seconds):
    ordered = sorted(seconds)
    return {"p50_ms": median(ordered) * 1000,
            "p99_ms": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000}


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
