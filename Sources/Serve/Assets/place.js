// place.js: a location at a glance, in words. PlaceTile.swift says the same.
"use strict";

const place = (() => {
    const metrics = {
        laeq: "average", lp: "level", lmax: "maximum", leq: "Leq", lmin: "minimum",
        lpeak: "peak level", ln1: "LN1", ln2: "LN2",
    };
    /** After so long without a reading the last one is told by its time, not by its age. */
    const silence = 15 * MINUTE;
    /** Readings come with answers each 15 s: so much older may one be before it is late. */
    const patience = 20_000;

    /** "44 s", "44 min", "2 h 5 min", "3 d 4 h": rounded to what matters. */
    function duration(milliseconds) {
        const seconds = Math.max(0, Math.round(milliseconds / 1000));
        if (seconds < 60) return `${seconds} s`;
        const minutes = Math.round(seconds / 60);
        if (minutes < 60) return `${minutes} min`;
        const [large, small, one, two] =
            minutes < 1440
                ? [Math.floor(minutes / 60), minutes % 60, "h", "min"]
                : [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), "d", "h"];
        return small === 0 ? `${large} ${one}` : `${large} ${one} ${small} ${two}`;
    }

    /** "65", "65.5" */
    const limitText = (decibels) => words.level(decibels).replace(/\.0$/, "");

    /**
     * How a location of an answer is doing.
     *
     * @param lost no answers come: what is known is the last, however fresh it was.
     * @returns { look, group, word, age, value, caption, level, note }
     */
    function view(report, drawn, now, zone, lost = false) {
        const time = words.time(report.timestamp);
        const cadence = (report.cadence_seconds ?? 1) * 1000;
        const isLate = time !== null && now - time > Math.max(5000, 2.5 * cadence) + patience;
        const { limit } = report;
        let { status } = report;
        if (status === "live" && (lost || isLate)) status = "delayed";
        const fresh = status === "live";
        const broken = limit?.active_since ? zone.since(words.time(limit.active_since), now) : null;
        const side = limit?.comparison === "below" ? "Below" : "Above";
        const isSilent = time !== null && now - time > silence;
        const isDelayed = ["delayed", "unreachable", "upstream_down"].includes(status);
        const newest = status === "stopped" ? null : time;

        function word() {
            if (fresh) return broken ? `${side} limit` : "Measuring";
            if (status === "stopped") return "Stopped";
            if (status === "waiting") return "Waiting";
            if (status === "unassigned") return "No meter";
            if (status === "unreachable" && time === null) return "Meter not reachable";
            return isSilent && time !== null ? `No readings since ${zone.since(time, now)}` : "Delayed";
        }

        function caption() {
            if (!limit) return "level";
            const average = `average ${duration((limit.averaging?.seconds ?? 0) * 1000)}`;
            const quantity =
                limit.averaging === null ? metrics[limit.metric]
                    : limit.averaging.mode === "window" ? "average since the limit holds" : average;
            return `${quantity} · limit ${limitText(limit.threshold_db)}`;
        }

        function over() {
            if (limit.value === null || limit.comparison !== "above") return "";
            const tenths = Math.round(limit.value * 10) - Math.round(limit.threshold_db * 10);
            return tenths > 0 ? `, +${words.level(tenths / 10)} over` : "";
        }

        function note() {
            if (status === "unassigned") return "No meter here at present; history stays";
            if (status === "waiting") return "Waiting for the first reading";
            if (broken && fresh) return `${side} the limit since ${broken}${over()}`;
            if (broken) {
                const lostSince = time === null ? "" : zone.since(time, now);
                return `${side} the limit at ${broken}; no data since ${lostSince}`;
            }
            if (status === "stopped") {
                return drawn.lastMeasured === null
                    ? "Not measured in the last 24 h"
                    : `Last measured before ${zone.since(drawn.lastMeasured, now)}`;
            }
            if (fresh) {
                if (!limit) return "No limits set";
                return limit.in_force ? "Within the limit" : "The limit does not hold now";
            }
            return time === null ? "No data yet" : `No data since ${zone.since(time, now)}`;
        }

        const look = fresh ? (broken ? "above" : "live") : isDelayed ? "delayed" : "idle";
        const groups = {
            above: "above limit", live: "measuring", delayed: "delayed",
            idle: { stopped: "stopped", waiting: "waiting" }[status] ?? "without a meter",
        };
        const hasAge = time !== null && (fresh || (isDelayed && !isSilent));
        const value = newest === null ? null : limit ? limit.value : report.lp;
        const tenths = value === null ? null : Math.round(value * 10) / 10;
        return {
            look, group: groups[look], word: word(), note: note(), caption: caption(),
            age: hasAge ? words.age((now - time) / 1000) : "",
            value: words.level(tenths),
            level: limit && limit.metric !== "lp" && newest !== null
                ? `${fresh ? "now" : "last"} ${words.level(report.lp)}` : "",
        };
    }

    /** How long a limit was broken in the lane; an en dash where none is judged. */
    function above(report, drawn) {
        if (drawn.above > 0) return duration(drawn.above);
        return report.limit === null && report.lane.above.length === 0 ? words.none : "0";
    }

    /** The lane for those who do not see it. */
    function laneWords(report, drawn) {
        const side = report.limit?.comparison === "below" ? "below" : "above";
        const judged =
            report.limit === null ? "no limit"
                : drawn.above === 0 ? "within the limit" : `${duration(drawn.above)} ${side} the limit`;
        const gaps = drawn.missing === 0 ? "no gaps" : `${duration(drawn.missing)} without data`;
        return `${report.name}, last 24 hours: ${judged}, ${gaps}`;
    }

    /** The limit that judges what the sparkline shows: averages of a quarter of an hour. */
    function drawnLimit(report) {
        const averaging = report.limit?.averaging;
        const isDrawn = averaging && averaging.mode !== "window" && averaging.seconds === 900;
        return isDrawn ? report.limit.threshold_db : null;
    }

    return { view, above, laneWords, drawnLimit };
})();
