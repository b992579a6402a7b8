// words.js: numbers, ages and lengths of time as people read them.
"use strict";

const words = (() => {
    const none = "–";
    const decimal = new Intl.NumberFormat("en-GB", {
        minimumFractionDigits: 1,
        maximumFractionDigits: 1,
    });

    /** A level in dB with one decimal; an en dash for no value, never 0. */
    function level(value) {
        return value === null || value === undefined || Number.isNaN(value)
            ? none
            : decimal.format(value);
    }

    /** "44 s", "44 min 28 s", "2 h 5 min", "3 d 4 h": the two largest parts. */
    function duration(seconds) {
        let rest = Math.max(0, Math.round(seconds));
        const parts = [];
        for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
            const count = Math.floor(rest / size);
            rest -= count * size;
            if (count > 0) parts.push(`${count} ${name}`);
            else if (parts.length > 0) break;
            if (parts.length === 2) break;
        }
        return parts.join(" ") || "0 s";
    }

    /** "1 s ago", "4 min ago", "3 h ago", "2 d ago": the largest part only. */
    function age(seconds) {
        const whole = Math.max(0, Math.floor(seconds));
        if (whole < 1) return "just now";
        for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
            if (whole >= size) return `${Math.floor(whole / size)} ${name} ago`;
        }
        return `${whole} s ago`;
    }

    /** "each second", "each 5 min": a bin or a cadence. */
    function step(seconds) {
        const single = { 1: "second", 60: "minute", 3600: "hour", 86400: "day" };
        return `each ${single[Math.round(seconds)] ?? duration(seconds)}`;
    }

    /** "99 %"; "100 %" and "0 %" only when it is all or nothing. */
    function share(part) {
        const percent = part >= 1 ? 100 : Math.min(99.9, part * 100);
        if (percent > 99 && percent < 100) {
            return `${decimal.format(Math.floor(percent * 10) / 10)} %`;
        }
        return `${part > 0 && percent < 1 ? "< 1" : Math.floor(percent)} %`;
    }

    /** "80 kB", "4.2 MB", "43 MB", "1.2 GB": two figures, of 1,000 each. */
    function bytes(count) {
        let value = Math.max(0, count) / 1000;
        for (const unit of ["kB", "MB", "GB"]) {
            if (value < 9.95 && unit !== "kB") return `${value.toFixed(1)} ${unit}`;
            if (value < 999.5 || unit === "GB") return `${Math.round(value)} ${unit}`;
            value /= 1000;
        }
    }

    /** Milliseconds since 1970 of RFC 3339 text or of a number; `null` of anything else. */
    function time(value) {
        const parsed = typeof value === "string" ? Date.parse(value) : value;
        return Number.isFinite(parsed) && value !== "" && value !== null ? parsed : null;
    }

    return { none, level, duration, age, step, share, bytes, time };
})();
