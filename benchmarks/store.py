#!/usr/bin/env python3
"""What the store can do, through HTTP: import, size, history, cold start, start-up, growth, units.

Starts `earshot serve` on empty folders, imports the sets of workload.py through `/api/import`,
asks `/history` for 200 different ranges a question, and checks answers against numpy. A wrong
answer ends the run with exit code 1. Times are beside the CPU time of the service's process.
"""
import argparse, os, shutil, sys, tempfile

import growth, oracle, queries, report, workload
from instance import Instance
from progress import Progress
from queries import median

UNIT = "NL43-0001"


class Run:
    """One run: what was asked for, what is open, what was found."""

    def __init__(self, options):
        self.options, self.figures, self.cache = options, [], {}
        self.progress = Progress("store", len(options.only) * 3 + 4)

    def file(self, name):
        return workload.path("S1" if self.options.smoke else name)

    def kind(self, kind):
        return kind.short(0.9 if kind.days > 1 else 0.8) if self.options.smoke else kind

    def reference(self, name):
        file = self.file(name)
        if file not in self.cache:
            self.progress.step(f"oracle of set {name}")
            self.cache[file] = oracle.Oracle(workload.frames(file))
        return self.cache[file]

    def instance(self, name):
        """A service that holds a set, settled."""
        file = self.file(name)
        if ("service", file) not in self.cache:
            self.progress.step(f"a store with set {name}")
            instance = Instance(self.options.binary, [UNIT])
            instance.import_frames(UNIT, file)
            instance.settle()
            self.cache["service", file] = instance
        return self.cache["service", file]

    def forget(self, name):
        """Ends what holds a set: a year's arrays are large."""
        self.cache.pop(self.file(name), None)
        instance = self.cache.pop(("service", self.file(name)), None)
        if instance:
            instance.remove()

    def add(self, name, value, unit, target=None, **further):
        """A figure. At smoke size nothing is to be reached."""
        if target is not None and not self.options.smoke:
            further = {"target": target, **further}
        self.figures.append({"name": name, "value": value, "unit": unit, **further})


def measure_imports(run):
    smoke = run.options.smoke
    for name, kind, target in (("S", "binary", 4e6), ("Y", "binary", 4e6), ("S", "CSV", 6e5),
                               ("S", "NDJSON", 6e5)):
        file = run.file(name)
        count = len(workload.frames(file))
        sent = file if kind == "binary" else text(file, kind)
        rates, cpus = [], []
        for round_ in range(1 if smoke or name == "Y" else 3):
            run.progress.step(f"import of set {name}, {kind}, round {round_ + 1}")
            instance = Instance(run.options.binary, [UNIT])
            before = instance.cpu_seconds()
            if kind == "binary":
                seconds, answer = instance.import_frames(UNIT, sent)
            else:
                seconds, answer = instance.import_text(UNIT, sent, MEDIA[kind])
            cpus.append((instance.cpu_seconds() - before) / count * 1e6)
            if answer["accepted"] != count:
                raise SystemExit(f"the import took {answer['accepted']} of {count} frames")
            rates.append(count / seconds)
            memory = instance.memory_mib()
            instance.remove()
        run.add(f"import, {kind}, set {name}", median(rates), "frames/s", target=target,
                better="more", memory_mib=memory, rounds=len(rates))
        run.add(f"import, {kind}, set {name}, CPU", median(cpus), "s per M frames",
                target=0.3 if kind == "binary" else None)


MEDIA = {"CSV": "text/csv", "NDJSON": "application/x-ndjson"}


def text(file, kind):
    """The set as CSV or NDJSON, made once beside it."""
    path = file.removesuffix(".bin") + "." + kind.lower()
    if os.path.exists(path):
        return path
    names = workload.METRICS
    frames = workload.frames(file)
    columns = [frames["t"].tolist()]
    columns += [[f"{value / 10:.1f}" for value in frames[name].tolist()] for name in names]
    columns.append(["measuring" if state else "stopped" for state in frames["state"].tolist()])
    if kind == "CSV":
        head, form = f"t,{','.join(names)},state\n", "%s" + ",%s" * 8 + "\n"
    else:
        keys = ",".join(f'"{name}":%s' for name in names)
        head, form = "", '{"t":%s,' + keys + ',"state":"%s"}\n'
    with open(path + ".part", "w") as out:
        out.write(head)
        out.writelines(form % row for row in zip(*columns))
    os.replace(path + ".part", path)
    return path


def measure_size(run):
    for name, target in (("S", 2.35), ("SH", 1.5)):
        instance = run.instance(name)
        count = len(workload.frames(run.file(name)))
        segments, whole = instance.settled_bytes()
        run.add(f"settled size, set {name}", segments / count, "bytes/frame",
                target=target, with_log_and_manifest=whole / count)
    if not run.options.smoke:
        run.forget("SH")


def measure_history(run):
    count, checks = (5, 1) if run.options.smoke else (200, 3)
    instance = run.instance("S")
    floor = queries.floor(instance, 10 if run.options.smoke else 2000)
    run.add("the client's own share, /healthz", floor["p50_ms"], "ms p50", p99_ms=floor["p99_ms"])
    for kind in map(run.kind, queries.KINDS):
        reference, instance = run.reference(kind.set), run.instance(kind.set)
        run.progress.step(f"{kind.name}, {count} ranges")
        found = queries.measure(
            instance, kind, UNIT, reference, count, checks, warm=2 if run.options.smoke else 50)
        run.add(kind.name, found.pop("p50_ms"), "ms p50", target=kind.target_ms,
                set=kind.set, **found)
    for name in ("S", "Y"):
        stored, all_ = run.instance(name).open_files()
        run.add(f"memory after the questions, set {name}", run.instance(name).memory_mib(), "MiB",
                open_files=stored, descriptors=all_)


def measure_cold(run):
    times = 1 if run.options.smoke else 5
    for kind, target in ((queries.KINDS[0], 20), (queries.KINDS[2], 50)):
        kind = run.kind(kind)
        instance = run.instance(kind.set)
        reference = run.reference(kind.set)
        first, starts = [], []
        asked = queries.ranges(*queries.span(reference.frames), kind.days, times, seed=2)
        for index, range_ in enumerate(asked):
            run.progress.step(f"cold, {kind.name}, {index + 1} of {times}")
            instance.stop()
            how = instance.forget_pages() if not run.options.smoke else "nothing was dropped"
            starts.append(instance.start())
            first.append(instance.connection.get(kind.path(UNIT, range_))[0] * 1000)
        run.add(f"cold: {kind.name}", median(first), "ms",
                target=target, most_ms=max(first), starts=times,
                start_seconds=median(starts), page_cache=how)
        queries.verify(instance, kind, UNIT, reference, asked, 1)


PARTS = {"import": measure_imports, "size": measure_size, "history": measure_history,
         "cold": measure_cold, "start": growth.measure_start, "growth": growth.measure_growth,
         "units": growth.measure_units}


def panels(figures):
    """What the picture shows: times with the figure to reach, and rates."""
    def rows(unit, wanted=lambda figure: True):
        return [(f["name"], f["value"], True, f.get("target")) for f in figures
                if f["unit"] == unit and wanted(f)]
    found = [("History, warm: p50 over 200 ranges", "ms", rows("ms p50")),
             ("First question after a start, cold", "ms", rows("ms")),
             ("Import, durable on answer", "frames/s", rows("frames/s")),
             ("Settled size", "bytes/frame", rows("bytes/frame"))]
    return [panel for panel in found if panel[2]]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the program, optimised")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS),
                        help="some of " + ",".join(PARTS))
    parser.add_argument("--smoke", action="store_true", help="small sizes; writes no results")
    parser.add_argument("--full-year", action="store_true",
                        help="start-up with 100 units at 1 Hz instead of a frame a minute: 3.15 G "
                             "frames, 8 GB, most of an hour")
    parser.add_argument("--results", default=report.FOLDER, help="where results are written")
    options = parser.parse_args()
    unknown = set(options.only).difference(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    if not os.path.exists(options.binary):
        sys.exit(f"{options.binary} is not there: `make build` makes it")
    if shutil.disk_usage(tempfile.gettempdir()).free < 10 << 30 and not options.smoke:
        sys.exit("10 GB of free disk are needed in " + tempfile.gettempdir())
    if options.smoke:
        Instance.quiet_seconds = 0.3
    run = Run(options)
    try:
        for part, measure in PARTS.items():
            if part in options.only:
                measure(run)
    finally:
        for key in [key for key in run.cache if isinstance(key, tuple)]:
            run.cache.pop(key).remove()
    run.progress.end()
    print(report.table(run.figures), end="", flush=True)
    if not options.smoke:
        command = "make bench" + ("" if len(options.only) == len(PARTS) else
                                  f" (store, only {','.join(options.only)})")
        report.write("store", "Earshot's store through HTTP", command, run.figures,
                     panels(run.figures), folder=options.results)


if __name__ == "__main__":
    main()
