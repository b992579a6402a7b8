// lane.js: a day in quarters of an hour, as shapes. LaneDrawing.swift draws the same.
"use strict";

const lane = (() => {
    const step = 15 * MINUTE;
    const sparkHeight = 40;
    /** As numbers stand in attributes: two decimals at most. */
    const short = (value) => String(Math.round(value * 100) / 100);

    /** The range that all sparklines of a page share: whole fives, 20 dB at least. */
    function scale(levels) {
        if (levels.length === 0) return { low: 40, high: 80 };
        const low = Math.floor((Math.min(...levels) - 2) / 5) * 5;
        return { low, high: Math.max(low + 20, Math.ceil((Math.max(...levels) + 2) / 5) * 5) };
    }

    function y(level, { low, high }) {
        return ((high - Math.min(high, Math.max(low, level))) / (high - low)) * sparkHeight;
    }

    /** A gap is a gap; a value alone is a dot. */
    function spark(means, range) {
        let path = "";
        let isDown = false;
        means.forEach((mean, index) => {
            if (mean === null) {
                isDown = false;
                return;
            }
            path += `${isDown ? "L" : "M"}${short(index + 0.5)} ${short(y(mean, range))}`;
            if (!isDown) path += "h0.1";
            isDown = true;
        });
        return path;
    }

    /** Start, width and middle in percent of the lane, from hundredths of a percent. */
    function part(kind, start, width) {
        const middle = start + Math.trunc(width / 2);
        return { kind, x: short(start / 100), width: short(width / 100), middle: short(middle / 100) };
    }

    /**
     * The shapes of `lane` of an answer: what was measured, what is missing, breaches, nights,
     * marks of hours; and `above`, `missing` in milliseconds, `lastMeasured`.
     */
    function drawing(told, now, zone) {
        const from = words.time(told.from);
        const means = told.mean;
        const length = means.length * step;
        const end = from + length;
        const place = (t) => Math.round(((t - from) / length) * 10_000);

        const kind = (index) => {
            const mean = means[index];
            if (mean !== null) return `c${Math.min(6, Math.max(0, Math.floor((mean - 40) / 5)))}`;
            return from + (index + 1) * step > now ? "" : "gap";
        };
        const parts = [];
        let missing = 0;
        let start = 0;
        for (let index = 1; index <= means.length; index += 1) {
            if (index < means.length && kind(index) === kind(start)) continue;
            const left = Math.trunc((start * 10_000) / means.length);
            const right = Math.trunc((index * 10_000) / means.length);
            if (kind(start) !== "") parts.push(part(kind(start), left, right - left));
            if (kind(start) === "gap") missing += (index - start) * step;
            start = index;
        }

        const spans = told.above.map(([a, b]) => [words.time(a), b === null ? null : words.time(b)]);
        const breaches = [];
        for (const [a, b] of spans) {
            const [first, last] = [Math.max(a, from), Math.min(b ?? now, end)];
            if (first >= last && b !== null) continue;
            const left = place(first);
            breaches.push(part("above", left, Math.max(40, place(last) - left)));
        }
        let above = 0;
        let counted = from;
        for (const [a, b] of [...spans].sort((one, two) => one[0] - two[0])) {
            const [first, last] = [Math.max(a, counted), Math.min(b ?? now, now)];
            if (first >= last) continue;
            above += last - first;
            counted = last;
        }

        const nights = zone.nights(from, end).map(([a, b]) => {
            const [first, last] = [Math.max(a, from), Math.min(b, end)];
            return part("night", place(first), place(last) - place(first));
        });
        const marks = zone.marks(from, end, 4);
        // At the ends there is no room for words.
        const ticks = marks.times
            .map((t, i) => ({ at: place(t), x: short(place(t) / 100), text: marks.texts[i] }))
            .filter(({ at }) => at >= 300 && at <= 9700);
        const last = means.findLastIndex((mean) => mean !== null);
        const lastMeasured = last < 0 ? null : Math.min(now, from + (last + 1) * step);
        return { parts, breaches, nights, ticks, above, missing, lastMeasured };
    }

    function element(name, attributes) {
        const made = document.createElementNS("http://www.w3.org/2000/svg", name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        return made;
    }

    function rectangle({ kind, x, width }, top, height) {
        return element("rect", { class: kind, x: `${x}%`, y: top, width: `${width}%`, height });
    }

    /** Shows a drawing in the picture that the server began. */
    function show(picture, drawn) {
        const group = (name) => picture.querySelector(`.${name}`);
        group("parts").replaceChildren(...drawn.parts.map((each) => rectangle(each, 8, 16)));
        group("nights").replaceChildren(...drawn.nights.map((each) => rectangle(each, 26, 3)));
        group("breaches").replaceChildren(
            ...drawn.breaches.flatMap((each) => {
                const mark = element("svg", { class: "mark", x: `${each.middle}%`, overflow: "visible" });
                mark.append(element("path", { d: "M0 0L4 7H-4Z" }));
                return [rectangle(each, 8, 16), mark];
            }));
    }

    function showTicks(picture, ticks) {
        picture.replaceChildren(
            ...ticks.map(({ x, text }) => {
                const mark = element("text", { x: `${x}%`, y: 13 });
                mark.textContent = text;
                return mark;
            }));
    }

    return { scale, y, spark, drawing, show, showTicks, short };
})();
