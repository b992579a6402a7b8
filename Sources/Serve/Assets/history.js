// history.js: the card with the past: range, chart, read-out, table.
"use strict";

class LevelHistory {
    #zone;
    #options;
    #path;
    #mean;
    #range;
    #lastFollowed = "24h";
    #answer = null;
    #judged = null;
    #data = null;
    #chart;
    #table;
    #columns;
    #abort = null;
    #timer = 0;
    #loading = 0;
    #settling = 0;
    #spoken = 0;
    #byKey = false;

    /**
     * @param zone a `Zone`.
     * @param options `newest()`: the newest reading's time in ms, or `null`; `name`: what a saved
     *   file is called; `judge(range, width, signal)`: a promise of what limits have to say of a
     *   range: `limits`, `breaches`, `steps` as of `LevelChart.show`, `at(t)`: words for a moment.
     */
    constructor(zone, options) {
        const page = document.documentElement.dataset;
        this.#zone = zone;
        this.#options = options;
        this.#path = `${page.api}/history`;
        this.#mean = page.db === "dB(A)" ? "LAeq" : "Leq";
        this.#range = TimeRange.parse(location.search, clock.now());
        const element = document.getElementById("history-chart");
        this.#chart = new LevelChart(element.querySelector(".plot"), {
            zone,
            nights: true,
            series: [{ colour: "--s-leq", bold: true }],
            onCursor: (index) => this.#readOut(index),
        });
        const time = (row) => zone.moment(row.t, this.#step);
        this.#columns = [
            { title: `Time (${zone.name})`, name: "t", text: time, value: (row) => row.utc },
            this.#column(`${this.#mean} (dB)`, "lp_mean", "mean"),
            this.#column("Lowest Lp (dB)", "lp_min", "min"),
            this.#column("Highest Lp (dB)", "lp_max", "max"),
            {
                title: "Covered",
                name: "covered_seconds",
                text: (row) => (row.covered > 0 ? words.duration(row.covered) : "no data"),
                value: (row) => row.covered,
            },
        ];
        const block = document.getElementById("history-table");
        this.#table = new DataTable(block, "Levels in the shown range", this.#columns);
        this.#bind(element);
        this.load();
    }

    #column(title, name, key) {
        return { title, name, text: (row) => words.level(row[key]), value: (row) => row[key] };
    }

    get #step() {
        return (this.#answer?.step_seconds ?? 60) * 1000;
    }

    // MARK: moving

    #bind(element) {
        const on = (id, action) => document.getElementById(id).addEventListener("click", action);
        for (const button of document.querySelectorAll("[data-range]")) {
            button.addEventListener("click", () => this.#last(button.dataset.range));
        }
        on("earlier", () => this.#go(this.#range.moved(-1, clock.now())));
        on("later", () => this.#go(this.#range.moved(1, clock.now())));
        on("zoom-out", () => this.#go(this.#range.zoomed(2, clock.now())));
        on("go-now", () => this.#last(this.#lastFollowed));
        on("history-retry", () => this.load());
        on("go-newest", () => this.#goNewest());
        // A link to the same as a file needs no help.
        if (!this.#file) on("export", () => this.#export());
        this.#bindDisclosure("custom", "custom-form", () => this.#fillForm());
        this.#bindDisclosure("history-as-table", "history-table", () => {});
        document.getElementById("custom-form").addEventListener("submit", (event) => {
            event.preventDefault();
            this.#submit();
        });
        new Gestures(this.#chart, element, {
            view: (from, to, done) => this.#drag(from, to, done),
            back: () => history.back(),
            step: (direction) => this.#stepCursor(direction),
            move: (windows) => this.#go(this.#range.moved(windows, clock.now())),
            zoom: (factor, at) => this.#zoom(factor, at),
            reset: () => this.#last(this.#lastFollowed),
        });
        addEventListener("popstate", () => {
            this.#range = TimeRange.parse(location.search, clock.now());
            this.load();
        });
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden && this.#range.follows) this.load();
        });
    }

    #bindDisclosure(buttonID, blockID, opened) {
        const button = document.getElementById(buttonID);
        const block = document.getElementById(blockID);
        button.addEventListener("click", () => {
            block.hidden = !block.hidden;
            button.setAttribute("aria-expanded", String(!block.hidden));
            if (!block.hidden) opened();
        });
    }

    #last(name) {
        this.#go(TimeRange.last(name, clock.now()));
    }

    get #file() {
        const link = document.getElementById("export");
        return link.tagName === "A" ? link : null;
    }

    /** Shows the time from `from` to `to`, in ms. */
    goTo(from, to) {
        this.#go(TimeRange.fixed(from, to, clock.now()));
    }

    /** Shows `range` and lets the address say so; the back button leads back. */
    #go(range) {
        this.#range = range;
        if (range.query !== location.search) history.pushState(null, "", range.query);
        this.load();
    }

    #goNewest() {
        const newest = this.#options.newest();
        if (newest === null) return;
        const half = this.#range.length / 2;
        this.#go(TimeRange.fixed(newest - half, newest + half, clock.now()));
    }

    /** Under the fingers the picture moves at once; its data come when they have left. */
    #drag(from, to, done) {
        const range = TimeRange.fixed(from, to, clock.now());
        if (done) this.#go(range);
        else if (this.#data) this.#chart.show({ ...this.#data, view: [range.from, range.to] });
    }

    /** A wheel turns in many small steps: the picture follows each, the data the last. */
    #zoom(factor, at) {
        const range = this.#range.zoomed(factor, clock.now(), at);
        clearTimeout(this.#settling);
        if (at === undefined) return this.#go(range);
        this.#range = range;
        this.#drag(range.from, range.to, false);
        this.#settling = setTimeout(() => this.#go(range), 200);
    }

    #fillForm() {
        document.getElementById("custom-from").value = this.#zone.input(this.#range.from);
        document.getElementById("custom-to").value = this.#zone.input(this.#range.to);
    }

    #submit() {
        const [first, second] = ["custom-from", "custom-to"].map((id) =>
            document.getElementById(id));
        const [from, to] = [first, second].map((input) => this.#zone.parse(input.value));
        second.setCustomValidity(from < to ? "" : "The end must be after the beginning.");
        if (second.reportValidity()) this.#go(TimeRange.fixed(from, to, clock.now()));
        second.setCustomValidity("");
    }

    // MARK: data

    async load() {
        clearTimeout(this.#timer);
        this.#abort?.abort();
        const abort = (this.#abort = new AbortController());
        this.#range = this.#range.at(clock.now());
        const { from, to } = this.#range;
        if (this.#range.follows) this.#lastFollowed = this.#range.name;
        this.#showRange();
        // The picture goes there at once, with what is known; the data follow.
        if (this.#data) this.#chart.show({ ...this.#data, view: [from, to] });
        clearTimeout(this.#loading);
        this.#loading = setTimeout(() => this.#note("loading"), 300);
        try {
            const width = document.getElementById("history-chart").clientWidth;
            // One bin for each of the screen's pixels: with more, the line hides its own band. No
            // peak is lost: a bin has its lowest and highest reading.
            const perPixel = Math.min(2, Math.max(1, devicePixelRatio));
            const points = Math.min(4000, Math.max(100, Math.round(perPixel * width)));
            const query = { from: Math.round(from), to: Math.round(to), points };
            if (this.#zone.name !== "UTC") query.tz = this.#zone.name;
            const [answer, judged] = await Promise.all([
                api.get(this.#path, query, abort.signal),
                // Levels are worth showing also without their limits.
                this.#options.judge?.(this.#range, width, abort.signal).catch(() => null),
            ]);
            if (abort.signal.aborted) return;
            clearTimeout(this.#loading);
            if (this.#file) {
                const text = new URLSearchParams({ ...query, format: "csv" });
                this.#file.href = `${this.#path}?${text}`;
            }
            this.#judged = judged ?? null;
            this.#show(answer);
        } catch (error) {
            if (abort.signal.aborted) return;
            clearTimeout(this.#loading);
            document.getElementById("history-error").textContent = error.message;
            this.#note("error");
        }
        if (!this.#range.follows) return;
        const pause = Math.min(300_000, Math.max(10_000, this.#step));
        this.#timer = setTimeout(() => !document.hidden && this.load(), pause);
    }

    #show(answer) {
        this.#answer = answer;
        const { from, to } = this.#range;
        const { mean, min, max } = answer.lp;
        this.#data = {
            view: [from, to],
            x: answer.t,
            columns: [mean],
            low: min,
            high: max,
            gaps: this.#gaps(answer.t, mean),
            ...this.#judged,
        };
        this.#chart.show(this.#data);
        const step = words.step(answer.step_seconds);
        document.getElementById("history-mean").textContent = `${this.#mean} ${step}`;
        document.getElementById("history-band").textContent = `lowest to highest Lp ${step}`;
        document.getElementById("history-chart").toggleAttribute("data-drawn", true);
        this.#note(mean.some((value) => value !== null) ? "" : this.#emptyNote());
        this.#readOut(this.#chart.cursor);
        this.#describe();
        this.#table.show(this.#rows());
    }

    /** The stretches of empty bins. The newest bins may simply not be filled yet. */
    #gaps(times, mean) {
        const step = this.#step;
        const end = Math.min(this.#range.to, clock.now());
        const gaps = [];
        for (let i = 0; i < times.length; i += 1) {
            if (mean[i] !== null) continue;
            const start = i;
            while (i + 1 < times.length && mean[i + 1] === null) i += 1;
            const stop = Math.min(end, times[i + 1] ?? times[i] + step);
            const isNewest = stop >= clock.now() - step;
            if (isNewest && stop - times[start] <= Math.max(15_000, 2.5 * step)) continue;
            if (stop > times[start]) gaps.push([times[start], stop]);
        }
        return gaps;
    }

    #rows() {
        const { t, lp, covered } = this.#answer;
        const end = clock.now();
        return t
            .map((time, i) => ({
                t: time,
                utc: new Date(time).toISOString(),
                mean: lp.mean[i],
                min: lp.min[i],
                max: lp.max[i],
                covered: covered[i],
            }))
            .filter((row) => row.t < end);
    }

    /** Energy mean, extremes and coverage of the whole range. */
    #totals() {
        const { lp, covered, coverage } = this.#answer;
        let energy = 0;
        let seconds = 0;
        lp.mean.forEach((mean, i) => {
            if (mean === null) return;
            energy += covered[i] * 10 ** (mean / 10);
            seconds += covered[i];
        });
        const values = (list) => list.filter((value) => value !== null);
        return {
            mean: seconds > 0 ? 10 * Math.log10(energy / seconds) : null,
            low: values(lp.min).reduce((a, b) => (a === null || b < a ? b : a), null),
            high: values(lp.max).reduce((a, b) => (a === null || b > a ? b : a), null),
            coverage: coverage ?? 0,
        };
    }

    #export() {
        if (!this.#answer) return;
        const day = (t) => new Date(t).toISOString().slice(0, 16).replace(/[-:]/g, "");
        const name = `${this.#options.name}-${day(this.#range.from)}-${day(this.#range.to)}.csv`;
        DataTable.save(DataTable.csv(this.#columns, this.#rows()), name);
    }

    // MARK: words

    #emptyNote() {
        const newest = this.#options.newest();
        // Where no meter is at present, there may still be a past.
        const none = newest === null && document.documentElement.dataset.feed !== "unassigned";
        if (none) return "never";
        const { from, to } = this.#range;
        const text = `No measurements between ${this.#moment(from)} and ${this.#moment(to)}.`;
        document.getElementById("history-empty").textContent = text;
        document.getElementById("go-newest").parentElement.hidden = newest === null;
        document.getElementById("history-newest").textContent =
            newest === null ? "" : `Newest: ${this.#moment(newest)}`;
        return "empty";
    }

    #moment(t) {
        return this.#zone.moment(t, MINUTE);
    }

    /** Shows one of the notes over the chart, or none. */
    #note(name) {
        for (const note of document.querySelectorAll("#history-chart [data-note]")) {
            note.hidden = note.dataset.note !== name;
        }
        document.getElementById("history-chart").setAttribute("aria-busy", name === "loading");
    }

    #showRange() {
        const { from, to, name, follows } = this.#range;
        for (const button of document.querySelectorAll("[data-range]")) {
            button.setAttribute("aria-pressed", String(button.dataset.range === name));
        }
        const long = this.#range.length > 60 * DAY;
        const text = (t) => (long ? this.#zone.moment(t, DAY) : this.#short(t));
        const shown = `${text(from)} – ${follows ? "now" : text(to)}`;
        document.getElementById("custom-text").textContent = shown;
        document.getElementById("go-now").hidden = follows;
        const hasNights = this.#range.length < LevelChart.mostNights;
        document.getElementById("history-night").hidden = !hasNights;
        document.getElementById("later").disabled = to >= clock.now() - 1000;
    }

    /** Without the year when it is this one. */
    #short(t) {
        const text = this.#moment(t);
        const year = this.#zone.moment(clock.now(), DAY).slice(-5);
        return text.replace(`${year} `, " ");
    }

    #readOut(index) {
        const line = document.getElementById("history-readout");
        if (!this.#answer) return;
        if (index === null || index >= this.#answer.t.length) {
            line.textContent = this.#wholeRange();
            return;
        }
        const { t, lp } = this.#answer;
        const value = lp.mean[index];
        const time = this.#zone.moment(t[index], Math.min(this.#step, HOUR));
        const text = value === null
            ? `${time}: no data`
            : `${time}: ${this.#mean} ${words.level(value)} dB`
                + ` · Lp ${words.level(lp.min[index])} to ${words.level(lp.max[index])}`
                + (this.#judged?.at?.(t[index]) ?? "");
        line.textContent = text;
        if (this.#byKey && Date.now() - this.#spoken > 2000) {
            this.#spoken = Date.now();
            document.getElementById("history-spoken").textContent = text;
        }
    }

    #wholeRange() {
        const { mean, low, high, coverage } = this.#totals();
        const damaged = this.#answer.damage?.length ?? 0;
        const damage = damaged ? " · part of what is stored cannot be read" : "";
        if (mean === null) return `Whole range: no data${damage}`;
        return (
            `Whole range: ${this.#mean} ${words.level(mean)} dB · Lp max ${words.level(high)}`
            + ` · Lp min ${words.level(low)} · data ${words.share(coverage)}${damage}`
        );
    }

    #stepCursor(direction) {
        const count = this.#answer?.t.length ?? 0;
        if (count === 0) return;
        const at = this.#chart.cursor;
        const next = at === null ? count - 1 : Math.min(count - 1, Math.max(0, at + direction));
        this.#byKey = true;
        this.#chart.point(next);
        this.#byKey = false;
    }

    #describe() {
        const { mean, low, high, coverage } = this.#totals();
        const { from, to } = this.#range;
        const gaps = this.#data.gaps.length;
        const text =
            `History chart, ${this.#moment(from)} to ${this.#moment(to)}. `
            + (mean === null
                ? "No data."
                : `${this.#mean} ${words.level(mean)} dB, readings between ${words.level(low)}`
                    + ` and ${words.level(high)} dB, data ${words.share(coverage)},`
                    + ` ${gaps === 1 ? "one gap" : `${gaps} gaps`}.`)
            + (this.#judged?.summary ? ` ${this.#judged.summary}` : "");
        document.getElementById("history-chart").setAttribute("aria-label", text);
    }
}
