// trail.js: the frames of the last minutes, in the order of their times, each once.
"use strict";

/** The metrics of a live chart, from the back to the front. */
const METRICS = ["lmax", "ln1", "ln2", "lp", "leq"];

class Trail {
    #span;
    #frames = [];

    /** @param span how much is kept, in ms before the newest frame. */
    constructor(span) {
        this.#span = span;
    }

    get newest() {
        return this.#frames.at(-1) ?? null;
    }

    get length() {
        return this.#frames.length;
    }

    get frames() {
        return this.#frames;
    }

    /** Takes `frame`, { t in ms, lp, …, state }; `false` if its time is known already. */
    add(frame) {
        let at = this.#frames.length;
        while (at > 0 && this.#frames[at - 1].t > frame.t) at -= 1;
        if (at > 0 && this.#frames[at - 1].t === frame.t) return false;
        this.#frames.splice(at, 0, frame);
        const oldest = this.newest.t - this.#span;
        while (this.#frames[0].t < oldest) this.#frames.shift();
        return true;
    }

    /**
     * Takes a frame that has just come. One that is new and not the newest says that the upstream's
     * clock went back: what was told from there on is forgotten, history keeps it.
     */
    follow(frame) {
        const from = this.#frames.findIndex((known) => known.t >= frame.t);
        const { t, lp } = this.#frames[from] ?? frame;
        if (t !== frame.t || lp !== frame.lp) this.#frames.splice(from);
        return this.add(frame);
    }

    /** Takes an answer of `/history`: stored frames, or buckets of about a frame each. */
    fill(answer) {
        if (answer.lp?.max) return this.#fillBuckets(answer);
        answer.t.forEach((t, i) => {
            const frame = { t, state: answer.state?.[i] ?? "measuring" };
            for (const metric of METRICS) frame[metric] = answer[metric]?.[i] ?? null;
            this.add(frame);
        });
    }

    /** A bucket with an extreme holds a frame; one with only a mean is what a slow frame covers. */
    #fillBuckets({ t, step_seconds: step, ...answer }) {
        const known = this.#frames.map((frame) => frame.t);
        t.forEach((time, i) => {
            const end = time + step * 1000;
            if (answer.lp.max[i] === null || known.some((t) => t >= time && t < end)) return;
            const frame = { t: time, state: "measuring" };
            for (const metric of METRICS) {
                const column = answer[metric];
                frame[metric] = (column?.last ?? column?.max)?.[i] ?? null;
            }
            this.add(frame);
        });
    }

    /** Milliseconds between newest frames: their median, or `fallback` while there are few. */
    cadence(fallback) {
        const recent = this.#frames.slice(-8);
        if (recent.length < 4) return fallback;
        const steps = recent.slice(1).map((frame, i) => frame.t - recent[i].t);
        return steps.sort((a, b) => a - b)[steps.length >> 1];
    }

    /**
     * What a chart draws from `from` to `to`, and the `frames` that its indexes mean.
     *
     * Two frames are apart when more than 2.5 steps lie between them, a step being the longest of
     * those around: a meter that goes from 10 s to 1 s has no hole at the change.
     */
    chart(from, to, cadence) {
        // What a meter shows while it is stopped is no measurement.
        const frames = this.#frames.filter((frame) => frame.state !== "stopped");
        const x = frames.map((frame) => frame.t);
        const data = { view: [from, to], frames, x, gaps: [], breaks: [], resets: [] };
        data.columns = METRICS.map((metric) => frames.map((frame) => frame[metric]));
        // When the server said too little to know, a step is what it says now.
        const step = (i) => (i > 0 && i < x.length ? x[i] - x[i - 1] : cadence);
        for (let i = 0; i < x.length; i += 1) {
            const around = Math.max(step(i - 1), step(i + 1), 1000);
            const apart = i > 0 && x[i] - x[i - 1] > 2.5 * around;
            if (apart) data.gaps.push([x[i - 1], x[i]]);
            data.breaks.push(apart ? 1 : 0);
            const restart = i > 0 && frames[i].lmax !== null && frames[i].lmax < frames[i - 1].lmax;
            data.resets.push(restart ? 1 : 0);
        }
        if (x.length === 0) data.gaps.push([from, to]);
        else {
            if (x[0] - from > Math.max(15_000, 2.5 * cadence)) data.gaps.push([from, x[0]]);
            const since = x.at(-1);
            if (to - since > Math.max(5000, 2.5 * cadence)) data.gaps.push([since, to]);
        }
        return data;
    }
}
