// zone.js: a time zone: local text for times, marks for a time axis, nights.
"use strict";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

class Zone {
    static #steps = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
        172800, 604800, 1209600,
    ].map((seconds) => seconds * 1000);

    #offsets = new Map();
    #formats = new Map();
    #parts;

    /** @param name an IANA name, "UTC" among them; an unknown one is taken as UTC. */
    constructor(name) {
        try {
            this.#parts = Zone.#format(name, {
                year: "numeric", month: "numeric", day: "numeric",
                hour: "numeric", minute: "numeric", second: "numeric",
            });
            this.name = name;
        } catch {
            this.name = "UTC";
        }
    }

    static #format(zone, options) {
        return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    }

    /** Local time minus UTC at `t`, in milliseconds. Changes happen on quarter hours at most. */
    offset(t) {
        if (this.name === "UTC") return 0;
        const key = Math.floor(t / (15 * MINUTE));
        let offset = this.#offsets.get(key);
        if (offset === undefined) {
            const start = key * 15 * MINUTE;
            const p = {};
            for (const part of this.#parts.formatToParts(start)) p[part.type] = Number(part.value);
            offset = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - start;
            this.#offsets.set(key, offset);
        }
        return offset;
    }

    /** The instant at which clocks here show `local`, given as if it were UTC. */
    instant(local) {
        return local - this.offset(local - this.offset(local));
    }

    /** Local time of `t`, as if it were UTC. */
    local(t) {
        return t + this.offset(t);
    }

    /** The local midnight at or before `t`. */
    midnight(t) {
        return this.instant(Math.floor(this.local(t) / DAY) * DAY);
    }

    #text(kind, options, t) {
        let format = this.#formats.get(kind);
        if (!format) this.#formats.set(kind, (format = Zone.#format(this.name, options)));
        return format.format(t).replace(",", "");
    }

    /** "22:44" */
    minute(t) {
        return this.#text("minute", { hour: "2-digit", minute: "2-digit" }, t);
    }

    /** "22:44:10" */
    second(t) {
        const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
        return this.#text("second", options, t);
    }

    /** "23 Nov" */
    day(t) {
        return this.#text("day", { day: "numeric", month: "short" }, t);
    }

    /** "Mon 23" */
    weekday(t) {
        const options = { weekday: "short", day: "numeric" };
        return this.#text("weekday", options, t);
    }

    /** "Nov 2026" */
    month(t) {
        return this.#text("month", { month: "short", year: "numeric" }, t);
    }

    /** "23 Nov 2026 22:44" or with seconds: as much as tells times `step` apart. */
    moment(t, step = MINUTE) {
        const clock = step >= DAY ? "" : ` ${step < MINUTE ? this.second(t) : this.minute(t)}`;
        const year = this.#text("year", { year: "numeric" }, t);
        return `${this.day(t)} ${year}${clock}`;
    }

    /** "07:00", "Mon 07:00" or "12 Nov 07:00": as short as it can be, seen from `now`. */
    since(t, now) {
        const days = Math.round((this.midnight(now) - this.midnight(t)) / DAY);
        if (days === 0) return this.minute(t);
        if (days < 7) return `${this.#text("name", { weekday: "short" }, t)} ${this.minute(t)}`;
        return `${this.day(t)} ${this.minute(t)}`;
    }

    /**
     * Where a time axis has its marks, about `count` of them, and what they say.
     *
     * Marks stand on local clock time; midnight shows the date.
     */
    marks(from, to, count) {
        const step = Zone.#steps.find((s) => (to - from) / s <= count);
        if (!step) return this.#months(from, to, count);
        const times = [];
        // Weeks begin on Monday; 1970-01-05 was one.
        const origin = step % (7 * DAY) === 0 ? 4 * DAY : 0;
        let local = Math.ceil((this.local(from) - origin) / step) * step + origin;
        for (; ; local += step) {
            const t = this.instant(local);
            if (t > to) break;
            // An hour that the clocks skip has no marks.
            if (t >= from && this.local(t) === local && t !== times.at(-1)) times.push(t);
        }
        const texts = times.map((t) => {
            const atMidnight = this.local(t) % DAY === 0;
            if (step >= DAY || (atMidnight && to - from > 2 * DAY)) {
                return step >= DAY ? this.day(t) : this.weekday(t);
            }
            if (atMidnight && to - from > HOUR) return this.weekday(t);
            return step >= MINUTE ? this.minute(t) : this.second(t);
        });
        return { times, texts };
    }

    #months(from, to, count) {
        const months = (to - from) / (30.4 * DAY);
        const stride = [1, 2, 3, 6, 12, 24, 60].find((s) => months / s <= count) ?? 120;
        const first = new Date(this.local(from));
        const times = [];
        const since = first.getUTCFullYear() * 12 + first.getUTCMonth();
        let month = Math.ceil(since / stride) * stride;
        for (; ; month += stride) {
            const t = this.instant(Date.UTC(Math.floor(month / 12), month % 12, 1));
            if (t > to) break;
            if (t >= from) times.push(t);
        }
        return { times, texts: times.map((t) => this.month(t)) };
    }

    /** The nights, 22:00 to 07:00 local time, that touch a stretch of time. */
    nights(from, to) {
        const nights = [];
        for (let day = Math.floor(this.local(from) / DAY) - 1; ; day += 1) {
            const start = this.instant(day * DAY + 22 * HOUR);
            if (start >= to) return nights;
            const end = this.instant((day + 1) * DAY + 7 * HOUR);
            if (end > from) nights.push([start, end]);
        }
    }

    /** The value of a `datetime-local` input for `t`. */
    input(t) {
        return new Date(this.local(t)).toISOString().slice(0, 19);
    }

    /** The instant that a `datetime-local` input's value means here; `null` if it means none. */
    parse(value) {
        const local = Date.parse(`${value}Z`);
        return Number.isFinite(local) ? this.instant(local) : null;
    }
}
