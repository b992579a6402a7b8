// units.js: keeps the list of units fresh by one request each 15 s; it opens no sockets.
"use strict";

(() => {
    const zone = new Zone("UTC");
    const rows = new Map();
    for (const row of document.querySelectorAll("tr[data-unit]")) rows.set(row.dataset.unit, row);
    const reports = new Map();

    async function refresh() {
        let answer;
        try {
            answer = await api.get("/api/units");
        } catch {
            return; // The ages go on and tell it.
        }
        for (const unit of answer.units ?? []) {
            const id = unit.unit ?? unit.id;
            // A unit that came or went changes the table itself.
            if (!rows.has(id)) return location.reload();
            const time = words.time(unit.timestamp ?? null);
            if (time !== null) clock.set(time + unit.age_seconds * 1000);
            reports.set(id, { ...unit, time, cadence: (unit.cadence_seconds ?? 1) * 1000 });
        }
        show();
    }

    function show() {
        const counts = { live: 0, delayed: 0, idle: 0 };
        for (const [id, report] of reports) {
            const row = rows.get(id);
            const state = feed.words(report, clock.now(), zone);
            counts[state.look] += 1;
            feed.show(row.querySelector(".pill"), state);
            row.classList.toggle("old", !state.fresh);
            for (const cell of row.querySelectorAll("[data-metric]")) {
                const value = report.state === "stopped" ? null : report[cell.dataset.metric];
                cell.textContent = words.level(value);
            }
        }
        if (reports.size === 0) return;
        const parts = [
            [counts.live, "measuring"],
            [counts.delayed, "delayed"],
            [counts.idle, "stopped or waiting"],
        ];
        const text = parts.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`).join(" · ");
        const line = document.getElementById("counts");
        if (line.textContent !== text) line.textContent = text;
    }

    refresh();
    setInterval(() => !document.hidden && refresh(), 15_000);
    setInterval(() => !document.hidden && show(), 1000);
    document.addEventListener("visibilitychange", () => !document.hidden && refresh());
})();
