// present.js: what is measured now: numbers, state, connection, the last five minutes.
"use strict";

const byID = (id) => document.getElementById(id);

class LevelPresent {
    static span = 5 * MINUTE;

    #zone;
    #path;
    #live;
    #on;
    #metrics;
    #trail = new Trail(LevelPresent.span + MINUTE);
    #report;
    #start;
    #drawn = []; // the frames in the chart
    #shown = null; // the newest frame's time as the numbers show it
    #refilling = false;
    #limits = [];
    #chart;
    #table;
    #keys;
    #socket;

    /**
     * Takes over the strip of numbers, the state, the connection and the live card of the page.
     *
     * @param zone a `Zone`; @param live the path of the newest values in full.
     * @param on what the page does besides: `live(answer)`; `message(message)` of the socket;
     *   `failed(error)` when those could not be had; `words(report, now, zone)` instead of
     *   `feed.words`; `refill`: what a question for the last minutes has besides.
     */
    constructor(zone, live, on = {}) {
        const page = document.documentElement.dataset;
        this.#zone = zone;
        this.#path = page.api;
        this.#live = live;
        this.#on = on;
        this.#report = {
            feed: page.feed, state: "measuring", time: words.time(page.time), cadence: 1000,
        };
        this.#start = words.time(page.start);
        // What a metric is called, and its colour on every page.
        this.#metrics = {
            leq: { label: "Leq", colour: "--s-leq", bold: true, cumulative: true },
            lp: { label: "Lp", colour: "--s-lp" },
            lmax: { label: "Lmax", colour: "--s-lmax", cumulative: true },
            ln1: { label: page.ln1, colour: "--s-l1", cumulative: true },
            ln2: { label: page.ln2, colour: "--s-l10", cumulative: true },
        };
        this.#chart = new LevelChart(byID("live-chart").querySelector(".plot"), {
            zone,
            series: METRICS.map((name) => this.#metrics[name]),
            onCursor: (index) => this.#showKey(index),
        });
        this.#table = new DataTable(
            byID("live-table"), "Readings of the last five minutes", this.#columns());
        this.#keys = this.#bindKeys();
        this.#socket = new LiveSocket(
            `${this.#path}/stream`, (state) => this.#socketChanged(state),
            (message) => this.#received(message), { returns: page.returns !== undefined });
        this.#bind();
        this.#showStart();
    }

    /** Begins to follow. Even without a socket the page tells what is stored, and how old it is. */
    begin() {
        this.#socket.start();
        this.ask();
        this.#refill();
        setInterval(() => {
            if (document.hidden) return;
            this.#showConnection();
            this.#tick();
        }, 1000);
        setInterval(() => {
            if (!document.hidden && this.#socket.state === "open") this.ask();
        }, 30_000);
    }

    /** The newest reading's time in ms, or `null`. */
    get time() {
        return this.#report.time;
    }

    get socket() {
        return this.#socket;
    }

    /** Draws `limits`, as `LevelChart.show` takes them, from now on. */
    showLimits(limits) {
        this.#limits = limits;
        this.#tick();
    }

    #columns() {
        return [
            {
                title: `Time (${this.#zone.name})`,
                name: "t",
                text: (frame) => this.#zone.second(frame.t),
                value: (frame) => new Date(frame.t).toISOString(),
            },
            ...Object.entries(this.#metrics).map(([name, metric]) => ({
                title: `${metric.label} (dB)`,
                name,
                text: (frame) => words.level(frame[name]),
                value: (frame) => frame[name],
            })),
        ];
    }

    // MARK: what comes in

    #received(message) {
        if (message.type === "frame") this.#take(message);
        else if (message.type === "status") {
            this.#report.feed = message.feed;
            this.#showState();
        } else if (message.type === "dropped") this.#refill();
        this.#on.message?.(message);
    }

    #take(message) {
        const time = words.time(message.t);
        if (time === null) return;
        const before = this.#trail.newest;
        if (!this.#trail.follow({ ...message, t: time })) return;
        if (this.#trail.newest.t !== time) return;
        // The newest frame tells the server's time to within its age; the live answer refines it.
        if (time > clock.now()) clock.set(time);
        this.#report.feed = "ok";
        if (before && message.lmax !== null && message.lmax < before.lmax) this.ask();
        this.#tick();
    }

    /** The newest values in full, with what frames do not say: start, cadence, feed. */
    async ask() {
        try {
            const live = await api.get(this.#live);
            const time = words.time(live.timestamp);
            if (time !== null) {
                clock.set(time + live.age_seconds * 1000);
                this.#trail.add({ ...live, t: time, state: live.state ?? "measuring" });
            }
            this.#report.feed = live.feed ?? live.status;
            this.#report.cadence = (live.cadence_seconds ?? 1) * 1000;
            this.#start = words.time(live.measurement_start);
            this.#showStart();
            this.#on.live?.(live);
            this.#tick();
        } catch (error) {
            // The socket and the ages say already what is wrong.
            this.#on.failed?.(error);
        }
    }

    /** Fetches what is missing of the last five minutes. */
    async #refill() {
        if (this.#refilling) return;
        this.#refilling = true;
        try {
            const now = Math.ceil(clock.now());
            const { span } = LevelPresent;
            const from = Math.max(now - span - MINUTE, this.#trail.frames[0]?.t ?? 0);
            const since = this.#trail.length > 1 ? from : now - span;
            const query = { from: since, to: now + 1, ...this.#on.refill };
            this.#trail.fill(await api.get(`${this.#path}/history`, query));
            this.#tick();
        } catch {
            // As above; the next connection asks again.
        } finally {
            this.#refilling = false;
        }
    }

    // MARK: what is shown

    #tick() {
        const now = clock.now();
        const newest = this.#trail.newest;
        if (newest) {
            this.#report.time = newest.t;
            this.#report.state = newest.state;
        }
        this.#showNumbers(newest, this.#showState());
        const end = this.#rests && newest ? newest.t : now;
        const from = end - LevelPresent.span;
        const data = this.#trail.chart(from, end, this.#cadence);
        data.limits = this.#limits.map((limit) => ({ ...limit, spans: [[from, end]] }));
        this.#drawn = data.frames;
        this.#chart.show(data);
        this.#showKey(this.#chart.cursor);
        byID("live-never").hidden = this.#trail.length > 0 || this.#report.time !== null;
    }

    get #cadence() {
        return this.#trail.cadence(this.#report.cadence);
    }

    /** Whether a person has to ask before values come again. */
    get #rests() {
        return ["paused", "capped"].includes(this.#socket.state);
    }

    #showState() {
        const now = clock.now();
        const { time } = this.#report;
        const say = this.#on.words ?? feed.words;
        let state = say({ ...this.#report, cadence: this.#cadence }, now, this.#zone);
        if (this.#rests && time !== null) {
            const age = `values from ${this.#zone.second(time)}`;
            state = { look: "idle", word: "Live paused", age, fresh: false };
        }
        const pill = byID("state");
        if (pill.querySelector(".word").textContent !== state.word) {
            byID("announcer").textContent = state.word;
        }
        feed.show(pill, state);
        document.documentElement.dataset.feed = this.#report.feed;
        if (this.#report.feed === "upstream_down") {
            byID("known").textContent =
                time === null ? "" : `; showing last known, ${this.#zone.since(time, now)}`;
        }
        byID("strip").classList.toggle("old", !state.fresh);
        return state;
    }

    #showNumbers(newest, state) {
        const cadence = Math.max(1, Math.round(this.#cadence / 1000));
        byID("cadence").textContent = state.fresh ? `updates ${words.step(cadence)}` : "";
        if (!newest) return;
        const none = newest.state === "stopped" || this.#report.feed === "unassigned";
        if (this.#shown === `${newest.t} ${none}`) return;
        this.#shown = `${newest.t} ${none}`;
        for (const name of METRICS) {
            byID(name).textContent = none ? words.none : words.level(newest[name]);
        }
    }

    /** "since Mon 07:00" belongs to what every cumulative number is called. */
    #showStart() {
        const start = this.#start;
        const text = start === null ? "" : `since ${this.#zone.since(start, clock.now())}`;
        for (const element of document.querySelectorAll("[data-since]")) element.textContent = text;
        for (const name of ["ln1", "ln2"]) {
            const percent = /^L(\d+(?:\.\d+)?)$/.exec(this.#metrics[name].label)?.[1];
            byID(`${name}-what`).textContent = percent
                ? `exceeded ${percent} % of the time`
                : "share of time not set";
        }
    }

    #showKey(index) {
        const frame = (index === null ? null : this.#drawn[index]) ?? this.#drawn.at(-1);
        for (const { name, value } of this.#keys) value.textContent = words.level(frame?.[name]);
        byID("live-time").textContent =
            index === null || !frame ? "" : `at ${this.#zone.second(frame.t)}`;
    }

    #socketChanged(state) {
        if (state === "open") {
            this.ask();
            this.#refill();
            // What this viewer changed about the rate is known a moment later.
            setTimeout(() => this.ask(), 3000);
        }
        const resting = state === "paused" || state === "capped";
        const button = byID("pause");
        button.querySelector(".word").textContent = resting ? "Resume" : "Pause";
        const icon = resting ? "M4 2l10 6-10 6z" : "M4 2h3v12H4zM9 2h3v12H9z";
        button.querySelector("path").setAttribute("d", icon);
        byID("live-capped").hidden = state !== "capped";
        this.#showConnection();
        this.#showState();
    }

    #showConnection() {
        const seconds = Math.max(1, Math.ceil((this.#socket.retryAt - Date.now()) / 1000));
        const { time } = this.#report;
        const from = time === null ? "" : `; values from ${this.#zone.minute(time)}`;
        const [look, word] = {
            idle: ["idle", "Connecting"],
            connecting: ["idle", "Connecting"],
            open: ["live", "Connected"],
            waiting: ["delayed", `Reconnecting in ${seconds} s`],
            offline: ["delayed", `You are offline${from}`],
            hidden: ["idle", "Paused while hidden"],
            paused: ["idle", "Live paused"],
            capped: ["idle", "Live paused"],
            ended: ["idle", "Connection ended"],
        }[this.#socket.state];
        feed.show(byID("connection"), { look, word, age: "" });
        byID("retry").hidden = this.#socket.state !== "waiting";
    }

    // MARK: what people do

    #bind() {
        const on = (id, action) => byID(id).addEventListener("click", action);
        on("pause", () => (this.#rests ? this.#socket.start() : this.#socket.pause()));
        on("resume", () => this.#socket.start());
        on("retry", () => this.#socket.start());
        on("copy", (event) => this.#copy(event.currentTarget.querySelector(".word")));
        on("live-as-table", (event) => {
            const block = byID("live-table");
            block.hidden = !block.hidden;
            event.currentTarget.setAttribute("aria-expanded", String(!block.hidden));
            // A table that changes each second cannot be read: it stays as it was when opened.
            if (!block.hidden) this.#table.show([...this.#trail.frames].reverse());
        });
        byID("live-chart").addEventListener("keydown", (event) => {
            const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
            if (!direction || this.#drawn.length === 0) return;
            event.preventDefault();
            const at = this.#chart.cursor ?? this.#drawn.length;
            this.#chart.point(Math.min(this.#drawn.length - 1, Math.max(0, at + direction)));
        });
    }

    #bindKeys() {
        return [...document.querySelectorAll("[data-line]")].map((button) => {
            const name = button.dataset.line;
            button.addEventListener("click", () => {
                const hidden = button.getAttribute("aria-pressed") === "true";
                button.setAttribute("aria-pressed", String(!hidden));
                this.#chart.hide(METRICS.indexOf(name), hidden);
            });
            return { name, value: button.querySelector("b") };
        });
    }

    async #copy(word) {
        const before = word.textContent;
        try {
            await navigator.clipboard.writeText(location.href);
            word.textContent = "Link copied";
        } catch {
            word.textContent = "Copy it from the address bar";
        }
        byID("announcer").textContent = word.textContent;
        setTimeout(() => (word.textContent = before), 3000);
    }
}
