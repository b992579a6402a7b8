"""The sets that figures are measured on, made on demand in .tools/workload and known by hash.

    S   1 unit, 30 d: 2,592,000 frames; lpeak per second, the worst case for size
    SH  the same, lpeak held since the start, as the upstream gives it
    M   20 units, 7 d
    Y   1 unit, 365 d from 2025-09-01: 31,536,000 frames
    S1  1 unit, 1 d, for smoke runs
    R   a real day: LAeq,1s of 86,400 seconds, not part of this repository

A record is 28 bytes, little endian: int64 ts_ms, uint16 unit, uint8 state (0 stopped, 1 measuring,
2 measuring and overloaded), uint8 0, int16 lp leq lmax lmin lpeak ln1 ln2 in 0.1 dB, int16 0.

R's other metrics follow from its LAeq,1s by one recipe. lp is the value less 0.085907, on the
0.1 dB grid; times are read as UTC; every frame is measuring. h(i) is SplitMix64's output for the
state i. leq is the energy mean since the first frame, lmax the highest lp + h%9 and lmin the lowest
lp - (h>>8)%9 so far, lpeak lp + 114 + (h>>16)%33, ln1 and ln2 the nearest ranks L1 and L10 of lp
since the first frame (highest level that 1 % or 10 % of the frames reach).
"""
import argparse, hashlib, math, os, subprocess, sys

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", ".tools", "workload")
REAL_DAY = os.path.normpath(os.path.join(HERE, "..", "..", "shared", "data", "laeq1s-day.csv"))
METRICS = ("lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2")
RECORD = numpy.dtype(
    [("t", "<i8"), ("unit", "<u2"), ("state", "u1"), ("zero", "u1")]
    + [(name, "<i2") for name in METRICS] + [("zero2", "<i2")])
# Arguments of the generator, and what it must come to.
SETS = {
    "S": ("1 30 20 1", "e398e5a8cba9f6405b7b5adf543ae13ab9d8159c4bee5b228b00b6c4d322e2a0"),
    "SH": ("1 30 20 1 1788220800000 1",
           "567b3867ed146d1bd74e509f9cc9838023c1e88ef7ad43eea3ad51bdf765e0df"),
    "M": ("20 7 20 1", "300b728d4bb58f872aae94fb35ba92c2a262ea70ba798a7be6a978862d577a1a"),
    "Y": ("1 365 20 1 1756684800000",
          "288b9731ba285e52577bd28989f7def5dfb976399a08c03aa2afdc69e5b8f468"),
    "S1": ("1 1 20 1", "ee3387784f28ad35f2dd666141d237dce022ef27d96cf2a223dc250f8d15d175"),
}
REAL_BIN = "6f0f9a702d0a4a507c53e97b6749bf91bb8b796520657fc47205a15d02517cce"


def path(name, real_day=REAL_DAY):
    """The file of a set, made when it is missing. Ends the run when its bytes are not the set's.

    For R: `None` when the day's file is not on this machine.
    """
    file = os.path.join(FOLDER, name + ".bin")
    if name == "R" and not os.path.exists(real_day):
        return None
    if not os.path.exists(file) or _stamp(file) != _size_and_time(file):
        os.makedirs(FOLDER, exist_ok=True)
        if not os.path.exists(file):
            _make_real_day(real_day, file) if name == "R" else _generate(name, file)
        found, expected = sha256(file), REAL_BIN if name == "R" else SETS[name][1]
        if found != expected:
            sys.exit(f"{file} has SHA-256 {found}, set {name} has {expected}: a figure on other "
                     "data does not count. Delete the file to make it anew.")
        with open(file + ".checked", "w") as stamp:
            stamp.write(_size_and_time(file))
    return file


def frames(file):
    """The records of a file, not copied into memory."""
    return numpy.memmap(file, dtype=RECORD, mode="r")


def sha256(file):
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _size_and_time(file):
    status = os.stat(file)
    return f"{status.st_size} {status.st_mtime_ns}"


def _stamp(file):
    """Size and time of the file when its hash was last checked."""
    try:
        return open(file + ".checked").read()
    except FileNotFoundError:
        return None


def _generate(name, file):
    program, source = os.path.join(FOLDER, "workload"), os.path.join(HERE, "workload.c")
    if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(source):
        _compile(source, program)
    print(f"workload: making set {name}", file=sys.stderr, flush=True)
    subprocess.run([program, file + ".part", *SETS[name][0].split()], check=True)
    os.replace(file + ".part", file)


def _compile(source, program):
    for compiler in ("gcc", "clang", "cc"):
        try:
            subprocess.run(
                [compiler, "-O2", "-ffp-contract=off", "-o", program, source, "-lm"], check=True)
            return
        except FileNotFoundError:
            continue
    sys.exit("no C compiler (gcc, clang) was found to build the workload's generator")


def _make_real_day(source, file):
    rows = open(source).read().split("\n")[1:86_401]
    lp = [round((float(row.split(",")[1]) - 0.085907) * 10) for row in rows]
    out = numpy.zeros(len(lp), RECORD)
    start = 1_742_601_600_000  # 2025-03-22T00:00:00Z
    out["t"] = start + 1000 * numpy.arange(len(lp))
    out["unit"], out["state"], out["lp"] = 1, 1, lp
    ranks = (_Rank(1), _Rank(10))
    energy, high, low = 0.0, -9999, 9999
    for index, level in enumerate(lp):
        noise = _split_mix(index)
        energy += 10 ** (level / 100)
        high = max(high, level + noise % 9)
        low = min(low, level - (noise >> 8) % 9)
        leq = math.floor(100 * math.log10(energy / (index + 1)) + 0.5)
        ln = [rank.add(level) for rank in ranks]
        out[index] = (out["t"][index], 1, 1, 0, level, leq, high, low,
                      level + 114 + (noise >> 16) % 33, *ln, 0)
    out.tofile(file + ".part")
    os.replace(file + ".part", file)


class _Rank:
    """The highest level that so many percent of all levels so far reach."""

    def __init__(self, percent):
        self.percent, self.counts, self.total = percent, [0] * 2000, 0
        self.at, self.reaching = 1999, 0  # levels at or above `at`

    def add(self, level):
        self.counts[level] += 1
        self.total += 1
        if level >= self.at:
            self.reaching += 1
        while self.reaching * 100 < self.percent * self.total:
            self.at -= 1
            self.reaching += self.counts[self.at]
        while (self.reaching - self.counts[self.at]) * 100 >= self.percent * self.total:
            self.reaching -= self.counts[self.at]
            self.at += 1
        return self.at


def _split_mix(state):
    mask = (1 << 64) - 1
    value = (state + 0x9E3779B97F4A7C15) & mask
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
    return value ^ (value >> 31)


def main():
    parser = argparse.ArgumentParser(
        description="Makes sets of frames in .tools/workload and checks them by hash.")
    parser.add_argument("sets", nargs="*", default=["S"], help="S SH M Y S1 R (default: S)")
    parser.add_argument("--real-day", default=REAL_DAY, help="file of the real day, for R")
    options = parser.parse_args()
    for name in options.sets:
        if name not in SETS and name != "R":
            parser.error(f"there is no set {name}")
        file = path(name, options.real_day)
        print(f"{name}: " + (os.path.relpath(file) if file else
                             "skipped, the real day's file is not here (--real-day)"))


if __name__ == "__main__":
    main()
