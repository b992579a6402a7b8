// limits.js: the limits of a location on its charts: the averages that they judge, while they hold.
//
// A limit is drawn only against what it judges: one on an average over 15 min against such
// averages, one on single readings against the band of readings. Others are said, not drawn.
"use strict";

class Limits {
    static #widths = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
    ];
    /** More averages than this cannot be told apart, nor are they worth their bytes. */
    static #mostAverages = 720;
    static #mostBuckets = 1500;
    /** Below this share of covered time an average is not judged. */
    static #leastCoverage = 0.75;

    #path;
    #zone;
    #rules = [];
    #asked = -Infinity;

    /** @param path of the location's answers; @param zone a `Zone`. */
    constructor(path, zone) {
        this.#path = path;
        this.#zone = zone;
    }

    /** Those of single values that hold now, for a live chart. */
    async live() {
        const names = ["lp", "leq", "lmax", "ln1", "ln2"];
        const rules = await this.#known();
        return rules
            .filter((rule) => rule.in_force && names.includes(rule.metric))
            .map((rule) => ({ level: rule.threshold_db, text: `${rule.name} ${this.#text(rule)}` }));
    }

    /** What limits have to say of `range`, for a `LevelHistory`; with `legend` in words. */
    async judge(range, signal) {
        const [rules, breaches] = await Promise.all([
            this.#known(signal), this.#breaches(range, signal),
        ]);
        const averaged = rules.filter((rule) => rule.averaging);
        const single = rules.filter((rule) => rule.metric === "lp");
        const series = await Promise.all(this.#kinds(averaged).map(
            (rule) => this.#averages(rule, range, signal)));
        const drawn = series.filter((one) => one !== null);
        const limits = averaged
            .filter((rule) => drawn.some((one) => one.kind === Limits.#kind(rule)))
            .concat(single)
            .map((rule) => ({
                level: rule.threshold_db,
                text: this.#text(rule),
                spans: this.spans(rule.schedule, range.from, range.to),
            }));
        const { length } = breaches;
        return {
            limits,
            breaches,
            steps: drawn,
            summary: `${length === 1 ? "One breach" : `${length} breaches`} of a limit.`,
            at: (t) => this.#at(drawn, t),
            legend: this.#legend(drawn, averaged, single, rules),
        };
    }

    /** When `schedule` holds between two times: [[from, to]]; a window is its first day's. */
    spans(schedule, from, to) {
        if (!schedule) return [[from, to]];
        const minutes = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
        const [start, end] = [minutes(schedule.start), minutes(schedule.end)];
        const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        const spans = [];
        for (let day = Math.floor(this.#zone.local(from) / DAY) - 1; ; day += 1) {
            const midnight = day * DAY;
            const begin = this.#zone.instant(midnight + start * MINUTE);
            if (begin >= to) return spans;
            const date = new Date(midnight);
            const holds = (schedule.days ?? names).includes(names[date.getUTCDay()])
                && !(schedule.except_dates ?? []).includes(date.toISOString().slice(0, 10));
            if (!holds) continue;
            const next = end <= start ? DAY : 0;
            const stop = this.#zone.instant(midnight + next + end * MINUTE);
            if (stop > from) spans.push([Math.max(begin, from), Math.min(stop, to)]);
        }
    }

    // MARK: what the server knows

    async #known(signal) {
        if (clock.now() - this.#asked > MINUTE) {
            const answer = await api.get(`${this.#path}/thresholds`, {}, signal);
            this.#rules = answer.thresholds;
            this.#asked = clock.now();
        }
        return this.#rules;
    }

    /** [[from, to]] of the breaches in a range; of the newest 500. */
    async #breaches({ from, to }, signal) {
        const query = { from: Math.round(from), to: Math.round(to), limit: 500 };
        const { events } = await api.get(`${this.#path}/events`, query, signal);
        return events
            .map((event) => [
                words.time(event.first_exceeded_at),
                event.cleared_at === null ? clock.now() : words.time(event.last_exceeded_at),
            ])
            .filter(([start, end]) => start < to && end >= from);
    }

    // MARK: averages

    /** Rules that are judged by the same averages share them. */
    static #kind({ averaging, schedule }) {
        return averaging.mode === "window"
            ? `window ${JSON.stringify(schedule)}` : `${averaging.mode} ${averaging.seconds}`;
    }

    #kinds(rules) {
        return [...new Map(rules.map((rule) => [Limits.#kind(rule), rule])).values()];
    }

    /** The averages that `rule` judges in a range, as a step line; `null` for too many. */
    async #averages(rule, range, signal) {
        const { mode, seconds } = rule.averaging;
        const isWindow = mode === "window";
        if (!isWindow && range.length / 1000 / seconds > Limits.#mostAverages) return null;
        // A sliding average is drawn as fine as 15 to its length.
        const finest = mode === "sliding" ? seconds / 15 : isWindow ? 900 : seconds;
        const width = Limits.#widths.findLast((each) => finest % each === 0 && each <= finest) ?? 1;
        const before = isWindow ? DAY : seconds * 1000;
        const from = Math.round(range.from - before);
        const to = Math.round(range.to);
        if ((to - from) / 1000 / width > Limits.#mostBuckets) return null;
        const query = { from, to, step: width, metrics: "lp" };
        if (this.#zone.name !== "UTC") query.tz = this.#zone.name;
        const answer = await api.get(`${this.#path}/history`, query, signal);
        const step = answer.step_seconds * 1000;
        const line = mode === "sliding"
            ? this.#sliding(answer, seconds * 1000, step)
            : this.#periods(answer, isWindow
                ? this.spans(rule.schedule, from, to)
                : this.#clockPeriods(answer.t, seconds * 1000));
        return { kind: Limits.#kind(rule), mode, seconds, ...line };
    }

    #clockPeriods(times, length) {
        const starts = new Map();
        for (const t of times) {
            const key = Math.floor(this.#zone.local(t) / length);
            if (!starts.has(key)) starts.set(key, t);
        }
        return [...starts.values()].map((start) => [start, start + length]);
    }

    /** One average for each [from, to]; `step` of a line is the same for all but windows. */
    #periods({ t, lp, covered }, spans) {
        const x = [];
        const y = [];
        const lengths = [];
        for (const [from, to] of spans) {
            const first = drawing.lower(t, from);
            const end = drawing.lower(t, to);
            x.push(from);
            y.push(Limits.#mean(lp.mean, covered, first, end, (to - from) / 1000));
            lengths.push(to - from);
        }
        return { x, y, lengths, step: lengths[0] ?? 0 };
    }

    #sliding({ t, lp, covered }, length, step) {
        const count = Math.round(length / step);
        const x = t.map((time) => time + step);
        const y = t.map((_, i) => i + 1 < count
            ? null : Limits.#mean(lp.mean, covered, i + 1 - count, i + 1, length / 1000));
        return { x, y, step };
    }

    /** The energy mean of buckets, rounded as limits judge it; `null` where too little is known. */
    static #mean(means, covered, first, end, seconds) {
        let energy = 0;
        let known = 0;
        for (let i = first; i < end; i += 1) {
            if (means[i] === null) continue;
            energy += covered[i] * 10 ** (means[i] / 10);
            known += covered[i];
        }
        if (known < seconds * Limits.#leastCoverage) return null;
        return Math.round(100 * Math.log10(energy / known)) / 10;
    }

    // MARK: words

    #text({ threshold_db: level }) {
        return `${level % 1 === 0 ? level : words.level(level)} dB`;
    }

    static #name({ mode, seconds }) {
        if (mode === "window") return "average of the whole time";
        return mode === "clock"
            ? `average ${words.step(seconds)}` : `average of the last ${words.duration(seconds)}`;
    }

    #at(drawn, t) {
        return drawn
            .map((line) => {
                const i = line.x.findLastIndex((start, n) =>
                    start <= t && t < start + (line.lengths?.[n] ?? line.step));
                const value = i < 0 ? null : line.y[i];
                return value === null ? "" : ` · ${Limits.#name(line)} ${words.level(value)} dB`;
            })
            .join("");
    }

    /** `steps`, `limits`: what the key of the chart says, or nothing. */
    #legend(drawn, averaged, single, rules) {
        const parts = [];
        if (drawn.length > 0) parts.push("of that average");
        if (single.length > 0) parts.push("of single readings, the edge of the band");
        const drawnText = parts.length > 0 ? `limit ${parts.join("; ")}` : "";
        const hidden = rules.length - averaged.length - single.length;
        const notes = [];
        if (averaged.length > 0 && drawn.length === 0) {
            notes.push("limits of shorter averages are drawn in shorter ranges");
        }
        if (hidden > 0) notes.push("limits of the meter’s own levels are not drawn here");
        return {
            steps: drawn.map((line) => Limits.#name(line)).join("; "),
            limits: drawnText,
            notes: notes.join("; "),
        };
    }
}
