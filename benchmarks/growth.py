"""Start-up with a year of 100 units, what a question costs as units and months grow, and what
10,000 units need.

The unit that is asked holds set S or Y at 1 Hz. Its neighbours hold a frame a minute out of the
same set, each at its own second: enough for as many index entries and files as at 1 Hz, in a
sixtieth of the bytes.
"""
import zlib

import numpy

import queries, workload
from instance import Instance
from queries import Kind, median

UNIT = "NL43-0001"
PERIOD_SECONDS = 60
UNITS_A_BATCH, FRAMES_A_BATCH = 100, 6_000_000


def name(number):
    return f"NL43-{number:04d}"


def neighbours(frames, numbers):
    """A frame a minute of each unit, by minute."""
    seconds = numpy.array([number * 7 % PERIOD_SECONDS for number in numbers])
    order = numpy.argsort(seconds, kind="stable")
    minutes = len(frames) // PERIOD_SECONDS
    at = numpy.arange(minutes)[:, None] * PERIOD_SECONDS + seconds[order][None, :]
    records = frames[at.reshape(-1)]
    records["unit"] = numpy.tile(numpy.array(numbers)[order], minutes)
    return records


def fill(instance, frames, numbers):
    """Imports neighbours, some units a request."""
    each = max(1, min(UNITS_A_BATCH, FRAMES_A_BATCH // max(1, len(frames) // PERIOD_SECONDS)))
    for first in range(0, len(numbers), each):
        part = numbers[first:first + each]
        instance.import_units({number: name(number) for number in part}, neighbours(frames, part))


def measure_start(run):
    smoke = run.options.smoke
    file = run.file("Y")
    frames = workload.frames(file)
    units, times = (3, 1) if smoke else (100, 5)
    run.progress.step(f"a year of {units} units")
    instance = Instance(run.options.binary, [name(number) for number in range(1, units + 1)])
    try:
        if run.options.full_year:
            for number in range(1, units + 1):
                instance.import_frames(name(number), file)
        else:
            fill(instance, frames, list(range(1, units + 1)))
        is_compacted = instance.compact()
        instance.settle()
        seconds, how = [], "nothing was dropped"
        for index in range(times):
            run.progress.step(f"start {index + 1} of {times}")
            instance.stop()
            if not smoke:
                how = instance.forget_pages()
            seconds.append(instance.start())
        segments, _ = instance.settled_bytes()
        stored, all_ = instance.open_files()
        held = len(frames) * units // (1 if run.options.full_year else PERIOD_SECONDS)
        run.add(f"start with {units} units × {len(frames) // 86_400} d", median(seconds), "s",
                target=1, most_seconds=max(seconds), frames=held,
                cadence_seconds=1 if run.options.full_year else PERIOD_SECONDS,
                segment_bytes=segments, compacted=is_compacted, memory_mib=instance.memory_mib(),
                open_files=stored, descriptors=all_, page_cache=how)
    finally:
        instance.remove()


def measure_units(run):
    """Days of 10,000 units, then a quarter of an hour of all of them at the idle cadence."""
    smoke = run.options.smoke
    count, days, minutes, asks = (3, 1, 1, 3) if smoke else (10_000, 7, 15, 200)
    numbers = list(range(1, count + 1))
    frames = workload.frames(run.file("S"))
    frames = frames[:days * 86_400]
    run.progress.step(f"{days} d of {count} units")
    instance = Instance(run.options.binary, [name(number) for number in numbers])
    try:
        fill(instance, frames, numbers)
        if not smoke:
            # Past days with many segments are merged within a minute.
            Instance.quiet_seconds, quiet = 62, Instance.quiet_seconds
            instance.settle()
            Instance.quiet_seconds = quiet
            instance.connect()
        run.progress.step(f"{count} units, 10 s apart")
        for first in range(0, count, UNITS_A_BATCH):
            part = numbers[first:first + UNITS_A_BATCH]
            records = frames[:minutes * 6].repeat(len(part))
            records["unit"] = numpy.tile(numpy.array(part), minutes * 6)
            records["t"] = (int(frames["t"][-1]) + 60_000
                            + numpy.arange(minutes * 6).repeat(len(part)) * 10_000)
            instance.import_units({number: name(number) for number in part}, records)
        run.progress.step(f"{asks} of {count} units asked")
        instance.connect()
        first, last = int(frames["t"][0]), int(frames["t"][-1])
        seconds, checksum = [], 0
        for index in range(asks):
            unit = name(index * 7919 % count + 1)
            took, body = instance.connection.get(
                f"/api/units/{unit}/history?from={first}&to={last}&points=1500")
            seconds.append(took)
            checksum = zlib.crc32(body[body.index(b'"t":'):], checksum)
        if checksum == 0:
            raise SystemExit("10,000 units: answers without content")
        segments, _ = instance.settled_bytes()
        stored, all_ = instance.open_files()
        run.add(f"most memory with {count} units × {days} d", instance.most_memory_mib(), "MiB",
                target=512, now_mib=instance.memory_mib(), segment_bytes=segments,
                frames=len(frames) * count // PERIOD_SECONDS, p50_ms=median(seconds) * 1000,
                checksum=f"{checksum:08x}")
        run.add(f"open files a day with {count} units", stored / days, "files", target=10,
                open_files=stored, descriptors=all_)
    finally:
        instance.remove()


def measure_growth(run):
    smoke = run.options.smoke
    month = queries.KINDS[0]
    day = queries.KINDS[4]
    _grow(run, "units", "S", (1, 3) if smoke else (1, 10, 100, 1000), _with_units,
          [run.kind(month), run.kind(day)])
    # The last 30 days of Y are asked, whatever came before.
    _grow(run, "months", "Y", (1,) if smoke else (1, 3, 12), _with_months,
          [run.kind(Kind("30 d → 1500", "Y", 29.5, "points=1500", 1800)),
           run.kind(Kind("1 d → 1440", "Y", 1, "step=60", 60))])


def _with_units(run, frames, count):
    instance = Instance(run.options.binary, [name(number) for number in range(1, count + 1)])
    instance.import_frames(UNIT, frames.filename)
    if count > 1:
        fill(instance, frames, list(range(2, count + 1)))
        instance.compact()
    instance.settle()
    return instance


def _with_months(run, frames, count):
    first = 0 if count == 12 else max(0, len(frames) - count * 30 * 86_400)
    instance = Instance(run.options.binary, [UNIT])
    instance.import_frames(UNIT, frames.filename, first)
    instance.settle()
    return instance


def _grow(run, what, set_, counts, build, kinds):
    """The same ranges asked of stores of several sizes, in turns, so that noise meets all alike."""
    frames = workload.frames(run.file(set_))
    instances = []
    try:
        for count in counts:
            run.progress.step(f"growth: a store of {count} {what}")
            instances.append(build(run, frames, count))
        for kind in kinds:
            run.progress.step(f"growth in {what}: {kind.name}")
            _ask(run, what, counts, instances, kind, frames[-30 * 86_400:])
    finally:
        for instance in instances:
            instance.remove()


def _ask(run, what, counts, instances, kind, frames):
    turns, each = (1, 3) if run.options.smoke else (10, 20)
    asked = queries.ranges(*queries.span(frames), kind.days, turns * each)
    for instance in instances:
        instance.connect()
    seconds = [[] for _ in instances]
    cpu, checksums = [0.0] * len(instances), [0] * len(instances)
    for turn in range(turns + 1):  # the first warms up
        part = asked[-each:] if turn == 0 else asked[(turn - 1) * each:turn * each]
        for index, instance in enumerate(instances):
            before = instance.cpu_seconds()
            for range_ in part:
                took, body = instance.connection.get(kind.path(UNIT, range_))
                if turn > 0:
                    seconds[index].append(took)
                    # Not the head, which says up to when and from what.
                    checksums[index] = zlib.crc32(body[body.index(b'"t":'):], checksums[index])
            if turn > 0:
                cpu[index] += instance.cpu_seconds() - before
    if len(set(checksums)) > 1 or checksums[0] == 0:
        raise SystemExit(f"growth in {what}: stores answer the same ranges differently")
    base = median(seconds[0])
    for index, count in enumerate(counts):
        stored, all_ = instances[index].open_files()
        run.add(f"{kind.name} with {count} {what}", median(seconds[index]) / base,
                f"times that of {counts[0]}",
                target=1.2 if index else None,
                p50_ms=median(seconds[index]) * 1000,
                cpu_ms=cpu[index] / len(seconds[index]) * 1000,
                queries=len(seconds[index]), memory_mib=instances[index].memory_mib(),
                open_files=stored, descriptors=all_, checksum=f"{checksums[index]:08x}")
