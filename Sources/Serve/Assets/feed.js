// feed.js: how a unit is doing, in a word, an age and a look.
"use strict";

const feed = {
    /**
     * @param report `feed` (ok, stale, unreachable, upstream_down, waiting), `state` (measuring,
     *   stopped), `time` of the newest frame in ms or `null`, `cadence` in ms.
     * @returns { condition, look, word, age, fresh }: `condition` is measuring, stopped,
     *   unreachable, delayed, no_data or waiting, as the server decides it; `look` is live, delayed
     *   or idle; values that are not `fresh` must not look live.
     */
    words(report, now, zone) {
        const { time } = report;
        if (time === null) {
            return report.feed === "unreachable"
                ? feed.state("unreachable", "delayed", "Meter not reachable")
                : feed.state("waiting", "idle", "Waiting for the first reading");
        }
        const fresh = now - time <= Math.max(5000, 2.5 * report.cadence);
        const age = words.age((now - time) / 1000);
        if (report.state === "stopped") {
            return feed.state("stopped", "idle", "Stopped", fresh ? "" : age);
        }
        if (fresh) return feed.state("measuring", "live", "Measuring", age, true);
        if (report.feed === "unreachable") {
            return feed.state("unreachable", "delayed", "Meter not reachable", age);
        }
        if (now - time <= 900_000) return feed.state("delayed", "delayed", "Delayed", age);
        return feed.state("no_data", "delayed", `No readings since ${zone.since(time, now)}`, age);
    },

    state(condition, look, word, age = "", fresh = false) {
        return { condition, look, word, age, fresh };
    },

    /** Shows `state` of `words` on a pill of the page. */
    show(pill, state) {
        if (pill.dataset.look !== state.look) pill.dataset.look = state.look;
        for (const name of ["word", "age"]) {
            const part = pill.querySelector(`.${name}`);
            if (part.textContent !== state[name]) part.textContent = state[name];
        }
    },
};
