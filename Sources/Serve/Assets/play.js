// play.js: the past of an event, ready to be played: times, series, limits, steps in words.
//
// Nothing here touches the page or asks the server; `player.js` does.
"use strict";

/** Where a replay stands: moves by itself while it plays, ends at its end. Times in ms. */
class PlayClock {
    /** Longer than this between two ticks, and the page was asleep: time stood still. */
    static longestTick = 250;

    #last = 0;
    playing = false;
    speed = 10;

    constructor(from, to, at = from) {
        this.from = from;
        this.to = to;
        this.seek(at);
    }

    seek(at) {
        this.at = Math.min(Math.max(at, this.from), this.to);
    }

    /** @param now a time in ms that only ever grows. At the end it begins anew. */
    play(now) {
        if (this.at >= this.to) this.at = this.from;
        this.#last = now;
        this.playing = this.to > this.from;
    }

    pause() {
        this.playing = false;
    }

    tick(now) {
        if (!this.playing) return this.at;
        const passed = Math.min(Math.max(now - this.#last, 0), PlayClock.longestTick);
        this.#last = now;
        this.seek(this.at + passed * this.speed);
        if (this.at >= this.to) this.playing = false;
        return this.at;
    }
}

const replays = (() => {
    /** What lines there are, from the back to the front; `judged` is one of the last four. */
    const lines = ["lp", "lmax", "leq", "average", "level"];
    const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    /** An average over less than this share of its time is none. */
    const coverage = 0.75;

    /**
     * @param answer of `/api/events/{id}/replay`.
     * @param before { t, lp } of the time before it, for an average that reaches back there.
     * @returns what `LevelChart.show` takes, and `from`, `to`, `judged` (which of `lines` the rule
     *   looks at, or `null`), `limit` (dB, or `null`), `limits` [[from, to]] in force, `breach`
     *   [from, to] or `null`, `steps` [{ step, at, value }].
     */
    function read(answer, zone, before = { t: [], lp: [] }) {
        const from = words.time(answer.from);
        const to = words.time(answer.to);
        const { event } = answer;
        const rule = event.rule;
        const trail = new Trail(Infinity);
        trail.fill(answer);
        const data = trail.chart(from, to, trail.cadence(1000));
        const of = (metric) => data.frames.map((frame) => frame[metric]);
        const columns = Object.fromEntries(lines.map((line) => [line, null]));
        const judged = rule ? quantity(rule) : null;
        columns.lp = of("lp");
        const steps = (answer.steps ?? []).map((step) => ({ ...step, at: words.time(step.at) }));
        if (judged === "average") {
            columns.average = rule.averaging.mode === "sliding"
                ? sliding(data.x, columns.lp, rule.averaging.seconds * 1000, before)
                : periods(data.x, steps, rule, words.time(event.first_exceeded_at));
        } else if (judged === "level") {
            [columns.level, columns.lp] = [columns.lp, null];
        } else if (judged) columns[judged] = of(judged);
        const limit = judged ? limitOf(event) : null;
        const none = new Array(data.x.length).fill(null);
        return {
            ...data, columns: lines.map((line) => columns[line] ?? none), from, to, judged, limit, steps,
            event, lp: of("lp"), leq: of("leq"), lmax: of("lmax"),
            value: judged ? columns[judged] : null,
            limits: judged ? inForce(rule.schedule, zone, from, to) : [],
            breach: rule ? span(event, from, to) : null,
            include: limit === null ? [] : [limit],
        };
    }

    /** Which line a rule looks at; `null` for what a replay does not hold. */
    function quantity(rule) {
        const known = { laeq: "average", lp: "level", leq: "leq", lmax: "lmax" };
        return known[rule.metric] ?? null;
    }

    function limitOf(event) {
        const { rule } = event;
        return event.level === "warning" ? rule.warning_db ?? rule.threshold_db : rule.threshold_db;
    }

    /** From the first reading beyond the limit to the last: an average's own times, not its alarm's. */
    function span(event, from, to) {
        const start = Math.max(from, words.time(event.first_exceeded_at));
        const end = Math.min(to, words.time(event.last_exceeded_at) ?? to);
        return end > start ? [start, end] : [start, Math.min(to, start + 1000)];
    }

    /** The mean of the period around each time, for those that were judged. */
    function periods(x, steps, rule, firstExceeded) {
        const judged = steps.filter((step) => step.step === "judged" && step.value !== null);
        const column = new Array(x.length).fill(null);
        let i = 0;
        for (const { at, value } of judged) {
            const start = rule.averaging.mode === "window"
                ? firstExceeded
                : at - rule.averaging.seconds * 1000;
            while (i < x.length && x[i] <= start) i += 1;
            for (; i < x.length && x[i] <= at; i += 1) column[i] = value;
        }
        return column;
    }

    /** The energy mean of `lp` over (t − `length`, t] at each t of `x`, each reading for its time. */
    function sliding(x, lp, length, before) {
        const t = [...before.t.filter((time) => time < (x[0] ?? Infinity)), ...x];
        const offset = t.length - x.length;
        const level = [...before.lp.slice(0, offset), ...lp];
        const held = t.map((time, i) => (i > 0 ? Math.min(time - t[i - 1], 30_000) : 1000));
        const energy = level.map((v, i) => (v === null ? 0 : held[i] * 10 ** (v / 10)));
        const column = new Array(x.length).fill(null);
        let [sum, covered, first] = [0, 0, 0];
        for (let i = 0; i < t.length; i += 1) {
            sum += energy[i];
            covered += level[i] === null ? 0 : held[i];
            for (; t[first] <= t[i] - length; first += 1) {
                sum -= energy[first];
                covered -= level[first] === null ? 0 : held[first];
            }
            if (i < offset || covered < coverage * length) continue;
            column[i - offset] = Math.round(100 * Math.log10(sum / covered)) / 10;
        }
        return column;
    }

    /** When a schedule holds between `from` and `to`; a window belongs to the day it starts on. */
    function inForce(schedule, zone, from, to) {
        if (!schedule) return [[from, to]];
        const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
        const start = minutes(schedule.start);
        const end = minutes(schedule.end);
        const spans = [];
        for (let day = Math.floor(zone.local(from) / DAY) - 1; ; day += 1) {
            const date = new Date(day * DAY);
            const begins = zone.instant(day * DAY + start * MINUTE);
            if (begins >= to) return spans;
            if (!schedule.days.includes(days[date.getUTCDay()])) continue;
            if ((schedule.except_dates ?? []).includes(date.toISOString().slice(0, 10))) continue;
            const ends = zone.instant((end > start ? day : day + 1) * DAY + end * MINUTE);
            if (ends > from) spans.push([Math.max(from, begins), Math.min(to, ends)]);
        }
    }

    /** The index of the newest of `times` at or before `t`; −1 before the first. */
    function newest(times, t) {
        return drawing.lower(times, t + 0.5) - 1;
    }

    /** The index of the reading that holds at `t`; −1 where data is missing. */
    function reading(replay, t) {
        const i = newest(replay.x, t);
        return i < 0 || replay.gaps.some(([a, b]) => t > a + 2500 && t < b) ? -1 : i;
    }

    /** { look, strong, text } of a step: look is alarm, warning, ok or plain. */
    function say({ step, at, value }, event) {
        const { rule } = event;
        const db = `${words.level(value)} dB`;
        const side = rule?.comparison ?? "above";
        const limit = rule ? `${words.level(limitOf(event))} dB` : "";
        const sign = side === "above" ? -1 : 1;
        const clear = rule ? `${words.level(limitOf(event) + sign * rule.clear_margin_db)} dB` : "";
        const counting = rule?.duration_s > 0
            ? `; ${words.duration(rule.duration_s)} count starts` : "";
        const span = words.duration(rule?.averaging?.seconds ?? 0);
        const Side = side === "above" ? "Above" : "Below";
        const beyond = side === "above" ? value > limitOf(event) : value < limitOf(event);
        const plain = (text) => ({ look: "plain", strong: "", text });
        switch (step) {
            case "exceeded": return plain(`${Side} ${limit}: ${db}${counting}`);
            case "withdrawn": return plain("Within the limit again before it had lasted");
            case "held": return plain("It has lasted; held back by the cooldown");
            case "suppressed": return plain("What was held back has ended");
            case "warning": return { look: "warning", strong: "Warning began", text: `, ${db}` };
            case "onset": return { look: "alarm", strong: "Alarm began", text: `, ${db}` };
            case "peak": return plain(`Peak ${db}`);
            case "below_clear_level": return plain(
                `${side === "above" ? "Below" : "Above"} the clear level of ${clear}${counting}`);
            case "relapsed": return plain("Beyond the clear level again");
            case "cleared": return { look: "ok", strong: "Cleared", text: ended(event, at) };
            case "judged": return plain(rule?.averaging?.mode === "window"
                ? `Average ${db}: ${beyond ? side : "within"} the limit`
                : `${span} average ${db}: ${beyond ? `${side} the limit` : "within the limit"}`);
            case "not_judged": return plain("Too little data: this period is not judged");
            case "no_data": return plain("No data from here on");
            case "data_back": return plain("Data is back");
            case "delivered": return plain("Message delivered");
            case "acknowledged": return plain(`Acknowledged${by(event, at)}`);
            default: return plain(step);
        }
    }

    function by(event, at) {
        const note = event.acknowledged.find((each) => words.time(each.at) === at);
        return note ? ` by ${note.by}` : "";
    }

    function ended(event, at) {
        if (words.time(event.cleared_at) !== at) return "";
        const reasons = {
            window_end: "the hours of the limit ended", no_data: "no data came for too long",
            measurement_stopped: "the measurement stopped", rule_changed: "the limit was changed",
            rule_deleted: "the limit was deleted", unit_unassigned: "the unit was moved",
        };
        return event.clear_reason in reasons ? `: ${reasons[event.clear_reason]}` : "";
    }

    /** The picture in a sentence. */
    function summary(replay, zone) {
        const { event, from, to, breach } = replay;
        const parts = [`Replay, ${zone.minute(from)} to ${zone.minute(to)}.`];
        if (breach && replay.limit !== null) {
            const side = event.rule.comparison;
            parts.push(`${side === "above" ? "Above" : "Below"} ${words.level(replay.limit)} dB from `
                + `${zone.second(breach[0])} to ${zone.second(breach[1])}.`);
        }
        if (event.peak_value !== null) parts.push(`Peak ${words.level(event.peak_value)} dB.`);
        if (replay.x.length === 0) parts.push("No readings.");
        return parts.join(" ");
    }

    return { lines, read, sliding, periods, inForce, newest, reading, say, summary };
})();
