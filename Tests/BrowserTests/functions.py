"""What the scripts compute, asked in the page: times, words, ranges, holes."""

JULY = 1783036800000  # 2026-07-03T00:00:00Z
HOUR = 3600_000
DAY = 24 * HOUR


def compute(visitor, script, argument=None):
    page = visitor.open(f"/units/{visitor.unit}")
    page.wait_for_selector('#connection[data-look="live"]')
    return page.evaluate(script, argument)


def expect(found, wanted):
    for index, (a, b) in enumerate(zip(found, wanted, strict=True)):
        assert a == b, f"case {index}: {a!r} is not {b!r}"


def test_words(visitor):
    """numbers, ages and lengths of time read as people say them"""
    found = compute(visitor, """() => [
        words.level(null), words.level(0), words.level(66.94), words.level(undefined),
        words.age(0.4), words.age(1), words.age(59.9), words.age(240), words.age(7300),
        words.duration(44), words.duration(2668), words.duration(7500), words.duration(0),
        words.duration(3601), words.step(1), words.step(300), words.step(86400), words.step(90),
        words.share(1), words.share(0.99996), words.share(0.5), words.share(0.001), words.share(0),
        words.time("2026-07-03T00:00:00.000Z"), words.time(""), words.time(null), words.time(5),
    ]""")
    expect(found, [
        "–", "0.0", "66.9", "–",
        "just now", "1 s ago", "59 s ago", "4 min ago", "2 h ago",
        "44 s", "44 min 28 s", "2 h 5 min", "0 s",
        "1 h", "each second", "each 5 min", "each day", "each 1 min 30 s",
        "100 %", "99.9 %", "50 %", "< 1 %", "0 %",
        JULY, None, None, 5,
    ])


def test_zone(visitor):
    """a time zone with summer time has nights of 8 and 10 hours, and no mark twice"""
    found = compute(visitor, """() => {
        const zone = new Zone("Europe/London");
        const spring = Date.UTC(2026, 2, 28, 12), autumn = Date.UTC(2026, 9, 24, 12);
        const hours = (t) => zone.nights(t, t + 864e5).map(([a, b]) => (b - a) / 36e5);
        const marks = zone.marks(autumn, autumn + 864e5, 24);
        return [
            hours(spring), hours(autumn), new Set(marks.times).size === marks.times.length,
            zone.minute(Date.UTC(2026, 6, 3)), new Zone("UTC").minute(Date.UTC(2026, 6, 3)),
            new Zone("No/Where").name,
            new Date(zone.parse("2026-07-03T12:00:00")).toISOString(),
            zone.input(Date.UTC(2026, 6, 3, 11)),
        ];
    }""")
    expect(found, [
        [8], [10], True, "01:00", "00:00", "UTC", "2026-07-03T11:00:00.000Z",
        "2026-07-03T12:00:00",
    ])


def test_marks(visitor):
    """a time axis of any length has a handful of marks on round local times"""
    found = compute(visitor, """(july) => {
        const zone = new Zone("UTC");
        return [60e3, 36e5, 216e5, 864e5, 7 * 864e5, 30 * 864e5, 365 * 864e5, 3650 * 864e5].map(
            (length) => {
                const { times, texts } = zone.marks(july - length, july, 10);
                return [times.length >= 3 && times.length <= 12, texts.at(-1)];
            });
    }""", JULY)
    expect(found, [
        [True, "00:00:00"], [True, "00:00"], [True, "Fri 3"],
        [True, "Fri 3"], [True, "3 Jul"], [True, "29 Jun"], [True, "Jul 2026"], [True, "Jan 2026"],
    ])


def test_range(visitor):
    """a range is read from the address, moved and zoomed, never beyond now"""
    found = compute(visitor, """(now) => {
        const read = (query) => TimeRange.parse(query, now);
        const text = (range) => [range.query, range.length / 36e5, (now - range.to) / 36e5];
        return [
            text(read("?range=6h")), text(read("?range=nonsense")), text(read("")),
            text(read(`?from=${now - 72e5}&to=${now - 36e5}`)).slice(1),
            text(read("?from=2026-07-02T20:00:00Z&to=2026-07-02T21:00:00Z")).slice(1),
            text(read(`?from=${now}&to=${now - 36e5}`)),
            text(read("?range=6h").moved(-1, now)).slice(1),
            text(read("?range=6h").moved(-1, now).moved(1, now)),
            text(read("?range=6h").zoomed(2, now)).slice(1),
            text(read("?range=1h").zoomed(0.001, now)).slice(1),
            text(read("?range=constructor")),
        ];
    }""", JULY)
    expect(found, [
        ["?range=6h", 6, 0], ["?range=24h", 24, 0], ["?range=24h", 24, 0],
        [1, 1], [1, 3], ["?range=24h", 24, 0],
        [6, 6], ["?range=6h", 6, 0], [12, 0], [1 / 60, found[9][1]],
        ["?range=24h", 24, 0],
    ])


def test_trail(visitor):
    """frames are kept once and in order; a hole is a hole, a slower cadence is not"""
    found = compute(visitor, """() => {
        const frame = (t, more = {}) => (
            { t, lp: 50, leq: 50, lmax: 60, ln1: 55, ln2: 52, state: "measuring", ...more });
        const trail = (times) => {
            const trail = new Trail(300e3);
            for (const t of times) trail.add(frame(t * 1000));
            return trail;
        };
        const gaps = (times, to) => trail(times).chart(0, to * 1000, 1000).gaps
            .map(([a, b]) => [a / 1000, b / 1000]);
        const twice = trail([1, 3, 2, 3, 2]);
        const reset = trail([1, 2]);
        reset.add(frame(3000, { lmax: 51 }));
        const stopped = trail([1, 2, 3]);
        stopped.add(frame(4000, { state: "stopped" }));
        const steady = [0, 1, 2, 3, 4, 5];
        const back = trail(steady);
        back.follow(frame(2500));
        back.follow(frame(2000));
        const same = trail(steady);
        same.follow(frame(3000, { lp: 51 }));
        same.follow(frame(3000, { lp: 51 }));
        return [
            twice.frames.map((f) => f.t / 1000),
            twice.add(frame(2000)),
            gaps(steady, 6),
            gaps([0, 1, 2, 8, 9, 10], 11),
            gaps([0, 10, 20, 21, 22, 23], 24),
            gaps([0, 1, 2, 4, 5, 6], 7),
            gaps([0, 1, 2], 60),
            gaps([], 60),
            gaps([40, 41, 42], 43),
            reset.chart(0, 4000, 1000).resets,
            stopped.chart(0, 5000, 1000).x.length,
            trail(steady).cadence(9),
            trail([0, 1]).cadence(9),
            trail([0, 400]).frames.length,
            back.frames.map((f) => f.t / 1000),
            same.frames.map((f) => f.lp),
        ];
    }""")
    expect(found, [
        [1, 2, 3], False, [], [[2, 8]], [], [], [[2, 60]], [[0, 60]], [[0, 40]],
        [0, 0, 1], 3, 1000, 9, 1, [0, 1, 2, 2.5], [50, 50, 50, 51],
    ])


def test_line(visitor):
    """no line crosses a hole, at few values and at more values than pixels"""
    found = compute(visitor, """() => {
        const frame = { left: 0, top: 0, width: 100, height: 100, from: 0, to: 1000, low: 0,
            high: 100, ratio: 1 };
        const kept = { willReadFrequently: true };
        const inked = (count) => {
            const x = Array.from({ length: count }, (_, i) => (i * 1000) / count);
            const hole = (t) => t > 400 && t < 600;
            const y = x.map((t) => (hole(t) ? null : 50));
            const canvas = new OffscreenCanvas(100, 100).getContext("2d", kept);
            canvas.lineWidth = 3;
            canvas.stroke(drawing.line(frame, x, y, () => false, false));
            const at = (column) => canvas.getImageData(column, 50, 1, 1).data[3] > 0;
            return [at(20), at(50), at(80)];
        };
        const peak = () => {
            const x = Array.from({ length: 5000 }, (_, i) => i / 5);
            const y = x.map((_, i) => (i === 2501 ? 95 : 10));
            const canvas = new OffscreenCanvas(100, 100).getContext("2d", kept);
            canvas.stroke(drawing.line(frame, x, y, () => false, false));
            return canvas.getImageData(50, 8, 1, 1).data[3] > 0;
        };
        return [inked(20), inked(50), inked(5000), peak()];
    }""")
    expect(found, [[True, False, True], [True, False, True], [True, False, True], True])


def test_feed(visitor):
    """old never looks live: every state has its word, its look and its age"""
    found = compute(visitor, """(now) => {
        const zone = new Zone("UTC");
        const say = (feedName, age, more = {}) => {
            const time = age === null ? null : now - age * 1000;
            const report = { feed: feedName, state: "measuring", time, cadence: 1000, ...more };
            const { look, word, age: text, fresh } = feed.words(report, now, zone);
            return [look, word, text, fresh];
        };
        return [
            say("ok", 1), say("ok", 5), say("ok", 6), say("ok", 24, { cadence: 10_000 }),
            say("stale", 240), say("stale", 7200), say("unreachable", 240),
            say("upstream_down", 240), say("waiting", null), say("upstream_down", null),
            say("ok", 1, { state: "stopped" }),
        ];
    }""", JULY)
    expect(found, [
        ["live", "Measuring", "1 s ago", True], ["live", "Measuring", "5 s ago", True],
        ["delayed", "Delayed", "6 s ago", False], ["live", "Measuring", "24 s ago", True],
        ["delayed", "Delayed", "4 min ago", False],
        ["delayed", "No readings since Thu 22:00", "2 h ago", False],
        ["delayed", "Meter not reachable", "4 min ago", False],
        ["delayed", "Delayed", "4 min ago", False],
        ["idle", "Waiting for the first reading", "", False],
        ["idle", "Waiting for the first reading", "", False],
        ["idle", "Stopped", "", False],
    ])


TESTS = [
    test_words, test_zone, test_marks, test_range, test_trail, test_line, test_feed,
]
