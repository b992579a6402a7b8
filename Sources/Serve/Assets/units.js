// units.js: keeps the list of units fresh by one request each 15 s, which opens no sockets and
// asks no unit for full rate; finds and sorts what is there.
"use strict";

(() => {
    const zone = new Zone("UTC");
    const byID = (id) => document.getElementById(id);
    const rows = new Map();
    for (const row of document.querySelectorAll("tr[data-unit]")) rows.set(row.dataset.unit, row);
    const reports = new Map();

    // MARK: fresh values

    async function refresh() {
        let answer;
        try {
            answer = await api.get("/api/units");
        } catch {
            return; // The ages go on and tell it.
        }
        const units = answer.units ?? [];
        // A unit that came or went changes the table itself.
        if (units.length !== rows.size || units.some((unit) => !rows.has(unit.id))) {
            return location.reload();
        }
        for (const unit of units) {
            const time = words.time(unit.timestamp);
            // The age of a reading from a clock that is ahead says nothing of ours.
            if (time !== null && unit.age_seconds > 0) clock.set(time + unit.age_seconds * 1000);
            reports.set(unit.id, { ...unit, time, cadence: (unit.cadence_seconds ?? 1) * 1000 });
        }
        showUpstreams(answer.upstreams ?? []);
        for (const [id, report] of reports) showReading(rows.get(id), report);
        showStates();
    }

    /** What changes by time alone. */
    function showStates() {
        const now = clock.now();
        const counts = new Map();
        let silence = Infinity;
        for (const [id, report] of reports) {
            const state = feed.words(report, now, zone);
            counts.set(state.condition, (counts.get(state.condition) ?? 0) + 1);
            if (state.condition === "no_data") silence = Math.min(silence, report.time);
            report.condition = state.condition;
            feed.show(rows.get(id).querySelector(".pill"), state);
            rows.get(id).classList.toggle("old", !state.fresh);
        }
        const names = {
            measuring: "measuring", stopped: "stopped", delayed: "delayed",
            unreachable: "not reachable", waiting: "waiting",
            no_data: `no data since ${silence < Infinity ? zone.since(silence, now) : ""}`,
        };
        const order = ["measuring", "stopped", "delayed", "unreachable", "no_data", "waiting"];
        const parts = order.filter((name) => counts.has(name));
        if (parts.length === 0) return;
        set(byID("counts"), parts.map((name) => `${counts.get(name)} ${names[name]}`).join(" · "));
    }

    /** What changes by an answer. */
    function showReading(row, report) {
        const level = report.state === "stopped" ? null : report.lp;
        set(row.querySelector('[data-metric="lp"]'), words.level(level));
        set(row.querySelector("td.rate"), reading.rate(report));
        const cost = reading.cost(report.cellular, clock.now(), zone);
        set(row.querySelector(".day"), cost.day);
        set(row.querySelector(".cost .sub"), cost.since);
        showFaults(row.querySelector("td.faults"), report);
    }

    function showFaults(cell, report) {
        report.faultCount = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
        cell.querySelector("details").hidden = report.faultCount === 0;
        cell.querySelector(".none").hidden = report.faultCount > 0;
        set(cell.querySelector("summary"), String(report.faultCount));
        reading.list(cell.querySelector("ul"), "li", reading.faults(report.faults));
    }

    function showUpstreams(upstreams) {
        const conditions = new Map(upstreams.map((each) => [each.id, each.condition ?? ""]));
        for (const row of rows.values()) {
            set(row.querySelector(".wrong"), conditions.get(row.dataset.upstream) ?? "");
        }
        reading.list(byID("notices"), "p", upstreams.flatMap((each) => each.notices), "banner");
    }

    function set(element, text) {
        if (element.textContent !== text) element.textContent = text;
    }

    // MARK: find and sort

    const form = byID("find");
    const ranks = ["unreachable no_data", "delayed", "measuring", "stopped", "waiting"];

    /** Smaller comes first; the names decide between equals. */
    const keys = {
        name: () => 0,
        state: (report) => ranks.findIndex((rank) => rank.split(" ").includes(report.condition)),
        level: (report) => (report.state === "stopped" ? Infinity : -(report.lp ?? -Infinity)),
        age: (report) => report.time ?? Infinity,
        data: (report) => -(report.cellular?.bytes_per_day ?? -1),
        faults: (report) => -report.faultCount,
    };

    function find() {
        const text = form.elements.q.value.trim().toLowerCase();
        const upstream = form.elements.upstream?.value ?? "";
        let found = 0;
        for (const row of rows.values()) {
            const isFound =
                row.dataset.search.includes(text) && (!upstream || row.dataset.upstream === upstream);
            row.hidden = !isFound;
            found += isFound;
        }
        byID("none").hidden = found > 0;
        set(byID("found"), found < rows.size ? `${found} of ${rows.size}` : "");
    }

    /** Only on request: rows that change places by themselves cannot be read. */
    function sort() {
        if (reports.size === 0) return;
        const key = keys[form.elements.sort.value];
        const names = [...rows.keys()].sort((a, b) => (a < b ? -1 : 1));
        const order = names
            .map((id) => ({ id, key: key(reports.get(id)) }))
            .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
        byID("units").append(...order.map(({ id }) => rows.get(id)));
    }

    /** The address leads back to the same view. */
    function remember() {
        const query = new URLSearchParams();
        for (const [name, value] of new FormData(form)) {
            if (value.trim() !== "" && !(name === "sort" && value === "state")) {
                query.set(name, value.trim());
            }
        }
        history.replaceState(null, "", query.size > 0 ? `/?${query}` : "/");
    }

    if (form) {
        form.classList.add("by-script");
        form.addEventListener("submit", (event) => event.preventDefault());
        form.addEventListener("input", (event) => {
            if (event.target.name === "sort") sort();
            find();
            remember();
        });
        byID("all").addEventListener("click", () => {
            form.elements.q.value = "";
            if (form.elements.upstream) form.elements.upstream.value = "";
            find();
            remember();
            form.elements.q.focus();
        });
        find();
        setInterval(() => !document.hidden && showStates(), 1000);
    }
    refresh();
    setInterval(() => !document.hidden && refresh(), 15_000);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());
})();
