// overview.js: keeps the clients' first page fresh by one request each 15 s, which asks no meter to
// measure faster. Nothing changes its place: what needs a look first comes first at the next load.
"use strict";

(() => {
    const byID = (id) => document.getElementById(id);
    const zones = new Map();
    const places = new Map();
    let reports = new Map();
    let lostSince = null;
    let asking = null;

    clock.set(words.time(document.documentElement.dataset.now));

    function zone(name) {
        if (!zones.has(name)) zones.set(name, new Zone(name));
        return zones.get(name);
    }

    for (const element of document.querySelectorAll("[data-place]")) {
        const id = element.dataset.place;
        places.set(id, {
            element, pill: element.querySelector(".pill"),
            lane: document.querySelector(`[data-lane="${CSS.escape(id)}"]`),
            marker: document.querySelector(`[data-marker="${CSS.escape(id)}"]`),
            look: element.dataset.look, word: element.querySelector(".word").textContent,
            // Of a breach that the server's first view shows, nobody needs to be told again.
            breach: element.dataset.look === "above" ? "shown" : null,
        });
    }

    function set(element, text) {
        if (element && element.textContent !== text) element.textContent = text;
    }

    function setAttribute(element, name, value) {
        if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
    }

    // MARK: answers

    async function refresh() {
        if (asking) return;
        asking = AbortSignal.timeout(10_000);
        try {
            const answer = await fetch("/portal/api/locations", {
                headers: { accept: "application/json" }, signal: asking,
            });
            // The page at this address says what to do now.
            if (answer.status === 401) return location.reload();
            if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
            take(await answer.json());
        } catch {
            lostSince ??= clock.now();
        } finally {
            asking = null;
        }
        showStates();
        showConnection();
    }

    function take(answer) {
        const told = answer.locations;
        // One that came or went changes the page itself.
        if (told.length !== places.size || told.some(({ id }) => !places.has(id))) {
            return location.reload();
        }
        clock.set(words.time(answer.now));
        lostSince = null;
        reports = new Map(told.map((report) => [report.id, report]));
        const levels = told.flatMap((report) =>
            [...report.lane.mean, place.drawnLimit(report)].filter((level) => level !== null));
        const range = lane.scale(levels);
        for (const report of told) showLane(places.get(report.id), report, range);
    }

    /** What changes by an answer: pictures of the day. */
    function showLane(shown, report, range) {
        const local = zone(report.project.time_zone);
        const drawn = lane.drawing(report.lane, clock.now(), local);
        shown.drawn = drawn;
        const above = place.above(report, drawn);
        set(shown.lane.querySelector("b"), above);
        set(shown.element.querySelector("td.above"), above);
        setAttribute(shown.lane.querySelector("svg"), "aria-label", place.laneWords(report, drawn));
        const key = JSON.stringify([drawn.parts, drawn.breaches, drawn.nights]);
        if (shown.key !== key) lane.show(shown.lane.querySelector("svg"), drawn);
        shown.key = key;
        const axis = shown.lane.parentElement.querySelector(".axis svg");
        if (axis.dataset.from !== report.lane.from) lane.showTicks(axis, drawn.ticks);
        axis.dataset.from = report.lane.from;
        const spark = shown.element.querySelector(".spark");
        if (!spark) return;
        setAttribute(spark.querySelector(".line"), "d", lane.spark(report.lane.mean, range));
        const limit = place.drawnLimit(report);
        const line = spark.querySelector(".limit");
        setAttribute(line, "visibility", limit === null ? "hidden" : "visible");
        if (limit !== null) setAttribute(line, "d", `M0 ${lane.short(lane.y(limit, range))}H96`);
    }

    // MARK: states

    /** What changes by time alone. */
    function showStates() {
        const now = clock.now();
        const counts = new Map();
        const changes = [];
        for (const [id, report] of reports) {
            const shown = places.get(id);
            const view = place.view(
                report, shown.drawn, now, zone(report.project.time_zone), lostSince !== null);
            counts.set(view.group, (counts.get(view.group) ?? 0) + 1);
            show(shown, report, view);
            if (shown.look === view.look && shown.word === view.word) continue;
            if (view.look === "above") announce(shown, report, view);
            else changes.push(`${report.name}: ${view.word}`);
            shown.look = view.look;
            shown.word = view.word;
        }
        if (lostSince === null && changes.length > 0) set(byID("announcer"), changes.join(". "));
        if (reports.size === 0) return;
        for (const pill of byID("counts").children) {
            const count = counts.get(pill.dataset.group) ?? 0;
            pill.hidden = count === 0;
            set(pill.querySelector(".word"), `${count} ${pill.dataset.group}`);
        }
    }

    function show(shown, report, view) {
        const { element, pill, marker } = shown;
        setAttribute(element, "data-look", view.look);
        setAttribute(pill, "data-look", view.look);
        set(pill.querySelector(".word"), view.word);
        set(pill.querySelector(".age"), view.age);
        set(element.querySelector(".number"), view.value);
        set(element.querySelector(".caption"), view.caption);
        set(element.querySelector(".now"), view.level);
        set(element.querySelector(".note"), view.note);
        setAttribute(marker, "data-look", view.look);
        setAttribute(marker, "aria-label", `${report.name}: ${view.word}`);
        streetMap.show(report.id, view);
    }

    /** A breach is told once, however often its readings come and go. */
    function announce(shown, report, view) {
        const breach = report.limit.active_since;
        if (shown.breach === "shown") shown.breach = breach;
        if (shown.breach === breach) return;
        shown.breach = breach;
        set(byID("alarm"), `${report.name}: ${view.note}`);
    }

    // MARK: the way to the server

    function showConnection() {
        const pill = byID("connection");
        const newest = Math.max(
            ...[...reports.values()].map((report) => words.time(report.timestamp) ?? -Infinity));
        const first = reports.values().next().value;
        const local = zone(first?.project.time_zone ?? "UTC");
        const from = Number.isFinite(newest) ? `; values from ${local.since(newest, clock.now())}` : "";
        const word =
            lostSince === null ? "Connected"
                : navigator.onLine ? `Server not reachable${from}` : `You are offline${from}`;
        setAttribute(pill, "data-look", lostSince === null ? "live" : "delayed");
        set(pill.querySelector(".word"), word);
        byID("retry").hidden = lostSince === null;
        showDown();
    }

    /** A meter service that does not answer. One that fails later is told over the page. */
    function showDown() {
        const down = [...reports.values()].filter(({ status }) => status === "upstream_down");
        const bar = byID("down");
        if (reports.size === 0 || (bar.hidden && down.length === 0)) return;
        if (bar.hidden) bar.classList.add("late");
        // It keeps its place until the page is loaded again.
        if (bar.classList.contains("late")) bar.hidden = down.length === 0;
        else bar.style.visibility = down.length === 0 ? "hidden" : "";
        const times = down.map(({ timestamp }) => words.time(timestamp)).filter((t) => t !== null);
        if (times.length === 0) return;
        set(byID("known"), zone(down[0].project.time_zone).since(Math.max(...times), clock.now()));
    }

    if (places.size === 0) {
        // The first location brings the page to life.
        setInterval(() => !document.hidden && refresh(), 15_000);
    } else {
        setInterval(() => !document.hidden && showStates(), 1000);
        setInterval(() => !document.hidden && refresh(), 15_000);
    }
    byID("retry").addEventListener("click", refresh);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());
    addEventListener("online", refresh);
    addEventListener("offline", () => {
        lostSince ??= clock.now();
        showStates();
        showConnection();
    });
    refresh();
})();
