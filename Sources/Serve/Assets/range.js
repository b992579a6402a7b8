// range.js: which stretch of time a history shows, and how the address says it.
//
// Either the last so-and-so long, which follows the time (`?range=24h`), or from one instant to
// another, which stays (`?from=…&to=…`, RFC 3339 or epoch milliseconds).
"use strict";

class TimeRange {
    static lengths = {
        "1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": 365 * DAY,
    };
    static least = MINUTE;
    static most = 10 * 366 * DAY;

    /** @param name one of `lengths`, or `null` for a range from `from` to `to` (ms). */
    constructor(name, from, to) {
        this.name = name;
        this.from = from;
        this.to = to;
    }

    static last(name, now) {
        return new TimeRange(name, now - TimeRange.lengths[name], now);
    }

    /** A fixed range, not longer or shorter than can be shown, not beyond `now`. */
    static fixed(from, to, now) {
        const length = Math.min(TimeRange.most, Math.max(TimeRange.least, to - from));
        const middle = (from + to) / 2;
        const end = Math.min(now, Math.round(middle + length / 2));
        return new TimeRange(null, end - Math.round(length), end);
    }

    /** What the address's query asks for; the last 24 h when it asks for nothing sensible. */
    static parse(query, now) {
        const parameters = new URLSearchParams(query);
        const name = parameters.get("range");
        if (Object.hasOwn(TimeRange.lengths, name)) return TimeRange.last(name, now);
        const time = (key) => {
            const value = parameters.get(key) ?? "";
            return words.time(/^\d+$/.test(value) ? Number(value) : value);
        };
        const [from, to] = [time("from"), time("to")];
        if (from !== null && to !== null && from < to) return TimeRange.fixed(from, to, now);
        return TimeRange.last("24h", now);
    }

    get query() {
        if (this.name) return `?range=${this.name}`;
        const text = (t) => new Date(t).toISOString();
        return `?from=${text(this.from)}&to=${text(this.to)}`;
    }

    get length() {
        return this.to - this.from;
    }

    /** Whether the range ends now, and goes on with the time. */
    get follows() {
        return this.name !== null;
    }

    /** This range at a later `now`. */
    at(now) {
        return this.follows ? TimeRange.last(this.name, now) : this;
    }

    /** Moved by `windows` of its own length; back near `now`, a range of a known length follows. */
    moved(windows, now) {
        const shift = windows * this.length;
        const near = now - Math.max(10_000, this.length / 50);
        if (this.to + shift < near) return TimeRange.fixed(this.from + shift, this.to + shift, now);
        const known = Object.keys(TimeRange.lengths).find(
            (name) => Math.abs(TimeRange.lengths[name] - this.length) < 1000);
        return known ? TimeRange.last(known, now) : TimeRange.fixed(now - this.length, now, now);
    }

    /** `factor` times as long around `centre`. */
    zoomed(factor, now, centre = (this.from + this.to) / 2) {
        const from = centre - (centre - this.from) * factor;
        const to = centre + (this.to - centre) * factor;
        return TimeRange.fixed(from, to, now);
    }
}
