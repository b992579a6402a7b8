// unit.js: the page of one unit: its numbers, its state, its last five minutes.
"use strict";

const unitPage = (() => {
    const page = document.documentElement.dataset;
    const zone = new Zone(page.zone);
    const byID = (id) => document.getElementById(id);
    const span = 5 * MINUTE;

    /** What a metric is called, and its colour on every page. */
    const metrics = {
        leq: { label: "Leq", colour: "--s-leq", bold: true, cumulative: true },
        lp: { label: "Lp", colour: "--s-lp" },
        lmax: { label: "Lmax", colour: "--s-lmax", cumulative: true },
        ln1: { label: page.ln1, colour: "--s-l1", cumulative: true },
        ln2: { label: page.ln2, colour: "--s-l10", cumulative: true },
    };

    const trail = new Trail(span + MINUTE);
    const report = {
        feed: page.feed,
        state: "measuring",
        time: words.time(page.time),
        cadence: 1000,
    };
    let start = words.time(page.start);
    let drawn = []; // the frames in the chart
    let shown = null; // the newest frame's time as the numbers show it
    let refilling = false;

    const chart = new LevelChart(byID("live-chart").querySelector(".plot"), {
        zone,
        series: METRICS.map((name) => metrics[name]),
        onCursor: (index) => showKey(index),
    });
    const table = new DataTable(byID("live-table"), "Readings of the last five minutes", [
        {
            title: `Time (${zone.name})`,
            name: "t",
            text: (frame) => zone.second(frame.t),
            value: (frame) => new Date(frame.t).toISOString(),
        },
        ...Object.entries(metrics).map(([name, metric]) => ({
            title: `${metric.label} (dB)`,
            name,
            text: (frame) => words.level(frame[name]),
            value: (frame) => frame[name],
        })),
    ]);
    const socket = new LiveSocket(`${api.unit(page.unit)}/stream`, socketChanged, received);

    // MARK: what comes in

    function received(message) {
        if (message.type === "frame") take(message);
        else if (message.type === "status") {
            report.feed = message.feed;
            showState();
        } else if (message.type === "dropped") refill();
    }

    function take(message) {
        const time = words.time(message.t);
        if (time === null) return;
        const before = trail.newest;
        if (!trail.follow({ ...message, t: time })) return;
        if (trail.newest.t !== time) return;
        // The newest frame tells the server's time to within its age; the live answer refines it.
        if (time > clock.now()) clock.set(time);
        report.feed = "ok";
        if (before && message.lmax !== null && message.lmax < before.lmax) askLive();
        tick();
    }

    /** The newest values in full, with what frames do not say: start, cadence, feed. */
    async function askLive() {
        try {
            const live = await api.get(api.unit(page.unit));
            const time = words.time(live.timestamp);
            if (time !== null) {
                clock.set(time + live.age_seconds * 1000);
                trail.add({ ...live, t: time, state: live.state ?? "measuring" });
            }
            report.feed = live.feed;
            report.cadence = (live.cadence_seconds ?? 1) * 1000;
            start = words.time(live.measurement_start);
            showStart();
            showReading(live);
            tick();
        } catch {
            // The socket and the ages say already what is wrong.
        }
    }

    /** Fetches what is missing of the last five minutes. */
    async function refill() {
        if (refilling) return;
        refilling = true;
        try {
            const now = Math.ceil(clock.now());
            const from = Math.max(now - span - MINUTE, trail.frames[0]?.t ?? 0);
            const since = trail.length > 1 ? from : now - span;
            const query = { resolution: "raw", from: since, to: now + 1, limit: 100_000 };
            trail.fill(await api.get(`${api.unit(page.unit)}/history`, query));
            tick();
        } catch {
            // As above; the next connection asks again.
        } finally {
            refilling = false;
        }
    }

    // MARK: what is shown

    function tick() {
        const now = clock.now();
        const newest = trail.newest;
        if (newest) {
            report.time = newest.t;
            report.state = newest.state;
        }
        const state = showState();
        showNumbers(newest, state);
        const paused = socket.state === "paused" || socket.state === "capped";
        const end = paused && newest ? newest.t : now;
        const cadence = trail.cadence(report.cadence);
        const data = trail.chart(end - span, end, cadence);
        drawn = data.frames;
        chart.show(data);
        showKey(chart.cursor);
        byID("live-never").hidden = trail.length > 0 || report.time !== null;
    }

    function showState() {
        const now = clock.now();
        const cadence = trail.cadence(report.cadence);
        let state = feed.words({ ...report, cadence }, now, zone);
        if (["paused", "capped"].includes(socket.state) && report.time !== null) {
            const age = `values from ${zone.second(report.time)}`;
            state = { look: "idle", word: "Live paused", age, fresh: false };
        }
        const pill = byID("state");
        if (pill.querySelector(".word").textContent !== state.word) {
            byID("announcer").textContent = state.word;
        }
        feed.show(pill, state);
        page.feed = report.feed;
        if (report.feed === "upstream_down") {
            byID("known").textContent =
                report.time === null ? "" : `; showing last known, ${zone.since(report.time, now)}`;
        }
        byID("strip").classList.toggle("old", !state.fresh);
        return state;
    }

    function showNumbers(newest, state) {
        const cadence = Math.max(1, Math.round(trail.cadence(report.cadence) / 1000));
        byID("cadence").textContent = state.fresh ? `updates ${words.step(cadence)}` : "";
        if (!newest) return;
        const stopped = newest.state === "stopped";
        if (shown === `${newest.t} ${stopped}`) return;
        shown = `${newest.t} ${stopped}`;
        for (const name of METRICS) {
            byID(name).textContent = stopped ? words.none : words.level(newest[name]);
        }
    }

    /** "since Mon 07:00" belongs to what every cumulative number is called. */
    function showStart() {
        const text = start === null ? "" : `since ${zone.since(start, clock.now())}`;
        for (const element of document.querySelectorAll("[data-since]")) element.textContent = text;
        for (const name of ["ln1", "ln2"]) {
            const percent = /^L(\d+(?:\.\d+)?)$/.exec(metrics[name].label)?.[1];
            byID(`${name}-what`).textContent = percent
                ? `exceeded ${percent} % of the time`
                : "share of time not set";
        }
    }

    function showReading(unit) {
        byID("rate-now").textContent = reading.rate(unit);
        const cost = reading.cost(unit.cellular, clock.now(), zone);
        byID("cost-day").textContent = cost.day;
        byID("cost-since").textContent = cost.since;
        const faults = reading.faults(unit.faults);
        reading.list(byID("faults"), "li", faults.length > 0 ? faults : ["none"]);
    }

    /** Sets how fast the unit shall be read; without success the page shows what holds. */
    async function setRate(rate) {
        const said = byID("rate-said");
        said.textContent = "";
        try {
            const unit = await api.put(api.unit(page.unit), { rate });
            showReading(unit);
            said.textContent = "Set. It holds within a few seconds.";
            for (const choice of byID("rate-form").elements.rate) {
                choice.defaultChecked = choice.value === unit.rate;
            }
            setTimeout(askLive, 3000);
        } catch (error) {
            said.textContent = `Not set: ${error.message}`;
            byID("rate-form").reset();
        }
    }

    const keys = [...document.querySelectorAll("[data-line]")].map((button) => {
        const name = button.dataset.line;
        button.addEventListener("click", () => {
            const hidden = button.getAttribute("aria-pressed") === "true";
            button.setAttribute("aria-pressed", String(!hidden));
            chart.hide(METRICS.indexOf(name), hidden);
        });
        return { name, value: button.querySelector("b") };
    });

    function showKey(index) {
        const frame = (index === null ? null : drawn[index]) ?? drawn.at(-1);
        for (const { name, value } of keys) value.textContent = words.level(frame?.[name]);
        byID("live-time").textContent =
            index === null || !frame ? "" : `at ${zone.second(frame.t)}`;
    }

    function socketChanged(state) {
        if (state === "open") {
            askLive();
            refill();
            // What this viewer changed about the rate is known a moment later.
            setTimeout(askLive, 3000);
        }
        const resting = state === "paused" || state === "capped";
        const button = byID("pause");
        button.querySelector(".word").textContent = resting ? "Resume" : "Pause";
        const icon = resting ? "M4 2l10 6-10 6z" : "M4 2h3v12H4zM9 2h3v12H9z";
        button.querySelector("path").setAttribute("d", icon);
        byID("live-capped").hidden = state !== "capped";
        showConnection();
        showState();
    }

    function showConnection() {
        const seconds = Math.max(1, Math.ceil((socket.retryAt - Date.now()) / 1000));
        const from = report.time === null ? "" : `; values from ${zone.minute(report.time)}`;
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
        }[socket.state];
        feed.show(byID("connection"), { look, word, age: "" });
        byID("retry").hidden = socket.state !== "waiting";
    }

    // MARK: what people do

    byID("pause").addEventListener("click", () => {
        if (["paused", "capped"].includes(socket.state)) socket.start();
        else socket.pause();
    });
    byID("resume").addEventListener("click", () => socket.start());
    byID("retry").addEventListener("click", () => socket.start());
    byID("live-as-table").addEventListener("click", (event) => {
        const block = byID("live-table");
        block.hidden = !block.hidden;
        event.currentTarget.setAttribute("aria-expanded", String(!block.hidden));
        // A table that changes each second cannot be read: it stays as it was when opened.
        if (!block.hidden) table.show([...trail.frames].reverse());
    });
    byID("copy").addEventListener("click", async (event) => {
        const word = event.currentTarget.querySelector(".word");
        try {
            await navigator.clipboard.writeText(location.href);
            word.textContent = "Link copied";
        } catch {
            word.textContent = "Copy it from the address bar";
        }
        byID("announcer").textContent = word.textContent;
        setTimeout(() => (word.textContent = "Copy link to this view"), 3000);
    });
    byID("rate-form").addEventListener("change", (event) => setRate(event.target.value));
    byID("rate-form").addEventListener("submit", (event) => event.preventDefault());
    byID("live-chart").addEventListener("keydown", (event) => {
        const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!direction || drawn.length === 0) return;
        event.preventDefault();
        const at = chart.cursor ?? drawn.length;
        chart.point(Math.min(drawn.length - 1, Math.max(0, at + direction)));
    });

    showStart();
    const mean = page.db === "dB(A)" ? "LAeq" : "Leq";
    const past = new LevelHistory(page.unit, zone, mean, () => report.time);
    socket.start();
    // Even without a socket the page tells what is stored, and how old it is.
    askLive();
    refill();
    setInterval(() => {
        if (document.hidden) return;
        showConnection();
        tick();
    }, 1000);
    setInterval(() => !document.hidden && socket.state === "open" && askLive(), 30_000);
    return { socket, past };
})();
