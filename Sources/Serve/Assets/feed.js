// feed.js: how a unit is doing, in a word, an age and a look.
"use strict";

const feed = {
    /**
     * @param report `feed` (ok, stale, unreachable, upstream_down, waiting), `state` (measuring,
     *   stopped), `time` of the newest frame in ms or `null`, `cadence` in ms.
     * @returns { look, word, age, fresh }: `look` is live, delayed or idle; values that are not
     *   `fresh` must not look live.
     */
    words(report, now, zone) {
        const { time } = report;
        if (time === null) {
            const down = report.feed === "upstream_down" || report.feed === "unreachable";
            return {
                look: down ? "delayed" : "idle",
                word: down ? feed.fault(report.feed) : "Waiting for the first reading",
                age: "",
                fresh: false,
            };
        }
        const seconds = (now - time) / 1000;
        const fresh = now - time <= Math.max(5000, 2.5 * report.cadence);
        const age = words.age(seconds);
        if (report.state === "stopped") {
            return { look: "idle", word: "Stopped", age: fresh ? "" : age, fresh: false };
        }
        if (fresh) return { look: "live", word: "Measuring", age, fresh };
        if (report.feed === "unreachable") {
            return { look: "delayed", word: feed.fault(report.feed), age, fresh };
        }
        if (seconds <= 900) return { look: "delayed", word: "Delayed", age, fresh };
        return { look: "delayed", word: `No readings since ${zone.since(time, now)}`, age, fresh };
    },

    fault(name) {
        return name === "unreachable" ? "Meter not reachable" : "Meter service not reachable";
    },

    /** Shows `state` of `words` on a pill of the page. */
    show(pill, state) {
        pill.dataset.look = state.look;
        pill.querySelector(".word").textContent = state.word;
        pill.querySelector(".age").textContent = state.age;
    },
};
