// reading.js: how a unit is read, in words: rate, data, faults.
"use strict";

const reading = (() => {
    // The server's own words, so that they stand in one place.
    const dictionary = document.getElementById("words")?.content;

    /** "Full rate: 2 viewers" of a unit's report. */
    function rate({ rate_now: now, has_monitor: hasMonitor }) {
        const entry = now && dictionary.querySelector(`[data-rate="${now.reason}"]`);
        if (!entry) return words.none;
        const { one, many } = entry.dataset;
        const text = now.viewers === 1 ? one : many.replace("{n}", now.viewers);
        // Without a feed the upstream reads it even slower than idle.
        return hasMonitor === false ? text.replace(/^Idle:/, "Background poll:") : text;
    }

    /** "≈ 43 MB a day" */
    function perDay(bytes) {
        return `≈ ${words.bytes(bytes)} a day`;
    }

    /** `day` and `since` of `cellular`. */
    function cost(cellular, now, zone) {
        if (!cellular) return { day: words.none, since: "" };
        const since = zone.since(words.time(cellular.since), now);
        return {
            day: perDay(cellular.bytes_per_day),
            since: `${words.bytes(cellular.bytes)} since ${since}`,
        };
    }

    /** "3 × answers too late" for each reason. */
    function faults(counts) {
        return Object.entries(counts).map(([reason, count]) => {
            const entry = dictionary.querySelector(`[data-fault="${reason}"]`);
            return `${count} × ${entry?.dataset.words ?? reason}`;
        });
    }

    /** Shows `texts`, one element each; leaves alone what is there already. */
    function list(place, element, texts, name = "") {
        const shown = [...place.children].map((child) => child.textContent);
        if (shown.join("\n") === texts.join("\n")) return;
        place.replaceChildren(...texts.map((text) => {
            const child = document.createElement(element);
            if (name) child.className = name;
            child.textContent = text;
            return child;
        }));
    }

    return { rate, perDay, cost, faults, list };
})();
