// drawing.js: what a chart of levels is made of: lines with holes, a band, tints, hatches.
//
// All positions are canvas pixels. A `frame` says where the plot is and what it shows:
// { left, top, width, height, from, to, low, high, ratio } (times in ms, levels in dB, ratio:
// canvas pixels per CSS pixel).
"use strict";

const drawing = (() => {
    const across = (frame, t) =>
        frame.left + ((t - frame.from) / (frame.to - frame.from)) * frame.width;
    const down = (frame, v) =>
        frame.top + ((frame.high - v) / (frame.high - frame.low)) * frame.height;

    /** The first index of `x` that is at or after `t`. */
    function lower(x, t) {
        let low = 0;
        let high = x.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (x[middle] < t) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /**
     * The line through `y` at `x`, as a `Path2D`. It breaks at `null` and where `broken(i)`; a
     * value alone becomes a dash. With more values than pixel columns, each column draws its
     * first, lowest, highest and last value, so that peaks never vanish. `bold` draws it twice,
     * 0.7 px apart: without a GPU, two hairlines are 25 times as fast as one wider line.
     */
    function line(frame, x, y, broken, bold) {
        const path = new Path2D();
        const first = Math.max(0, lower(x, frame.from) - 1);
        const end = Math.min(x.length, lower(x, frame.to) + 2);
        const draw = end - first <= frame.width ? everyValue : everyColumn;
        for (const shift of bold ? [0, 0.7] : [0]) {
            draw(path, { ...frame, top: frame.top + shift }, x, y, broken, first, end);
        }
        return path;
    }

    function everyValue(path, frame, x, y, broken, first, end) {
        let drawn = 0; // values in the stroke being drawn
        let at = 0;
        let last = -1;
        const finish = () => {
            if (drawn === 1) path.lineTo(at + 1.5 * frame.ratio, down(frame, y[last]));
            drawn = 0;
        };
        for (let i = first; i < end; i += 1) {
            if (y[i] === null) {
                finish();
                continue;
            }
            if (broken(i)) finish();
            at = across(frame, x[i]);
            if (drawn === 0) path.moveTo(at, down(frame, y[i]));
            else path.lineTo(at, down(frame, y[i]));
            drawn += 1;
            last = i;
        }
        finish();
    }

    function everyColumn(path, frame, x, y, broken, first, end) {
        let column = null;
        let connected = false;
        const finish = () => {
            if (!column) return;
            const { at, open, low, high, close, joins } = column;
            if (joins) path.lineTo(at, down(frame, open));
            else path.moveTo(at, down(frame, open));
            path.lineTo(at, down(frame, low));
            path.lineTo(at, down(frame, high));
            path.lineTo(at, down(frame, close));
            if (low === high) path.lineTo(at + 0.5, down(frame, close));
            column = null;
        };
        for (let i = first; i < end; i += 1) {
            const value = y[i];
            if (value === null || broken(i)) {
                finish();
                connected = false;
            }
            if (value === null) continue;
            const at = Math.floor(across(frame, x[i])) + 0.5;
            if (column?.at !== at) {
                finish();
                column = { at, open: value, low: value, high: value, joins: connected };
                connected = true;
            }
            if (value < column.low) column.low = value;
            if (value > column.high) column.high = value;
            column.close = value;
        }
        finish();
    }

    /**
     * The area from `low` to `high`, as a `Path2D`. `main` says where there is data at all: where
     * it has a value and the band has none (a bin that one slow reading covers), the band goes on.
     */
    function band(frame, x, low, high, main) {
        const path = new Path2D();
        let run = [];
        const finish = () => {
            if (run.length > 1) {
                run.forEach((i, n) => {
                    const at = across(frame, x[i]);
                    if (n === 0) path.moveTo(at, down(frame, high[i]));
                    else path.lineTo(at, down(frame, high[i]));
                });
                run.reverse();
                for (const i of run) path.lineTo(across(frame, x[i]), down(frame, low[i]));
                path.closePath();
            }
            run = [];
        };
        for (let i = 0; i < x.length; i += 1) {
            if (low[i] !== null && high[i] !== null) run.push(i);
            else if (main[i] === null) finish();
        }
        finish();
        return path;
    }

    /** Fills the plot from `from` to `to`. */
    function tint(context, frame, [from, to], fill) {
        const left = Math.max(frame.left, across(frame, from));
        const right = Math.min(frame.left + frame.width, across(frame, to));
        if (right <= left) return;
        context.fillStyle = fill;
        context.fillRect(left, frame.top, right - left, frame.height);
    }

    /** Hatches the plot from `from` to `to`. */
    function hatch(context, frame, [from, to], stroke) {
        const { ratio, top, height } = frame;
        const left = Math.max(frame.left, across(frame, from));
        const right = Math.min(frame.left + frame.width, across(frame, to));
        if (right - left < ratio) return;
        context.save();
        context.beginPath();
        context.rect(left, top, right - left, height);
        context.clip();
        context.strokeStyle = stroke;
        context.globalAlpha = 0.55;
        context.lineWidth = ratio >= 1.5 ? 1.5 : 1;
        context.beginPath();
        // Anchored to the plot, not to the gap, so that a moving gap does not shimmer.
        const spacing = 7 * ratio;
        for (let k = Math.floor((left - height) / spacing) * spacing; k < right; k += spacing) {
            context.moveTo(k, top + height);
            context.lineTo(k + height, top);
        }
        context.stroke();
        context.restore();
    }

    /** Says "no data" in the middle of a hatch, where it fits. */
    function label(context, frame, [from, to], paper, ink) {
        const { ratio, top, height } = frame;
        const left = Math.max(frame.left, across(frame, from));
        const right = Math.min(frame.left + frame.width, across(frame, to));
        if (right - left <= 54 * ratio) return;
        const middle = (left + right) / 2;
        context.fillStyle = paper;
        context.fillRect(middle - 25 * ratio, top + height / 2 - 9 * ratio, 50 * ratio, 18 * ratio);
        context.fillStyle = ink;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText("no data", middle, top + height / 2);
    }

    /** Tints a time beyond a limit, with a cap on top that no chart is too long to show. */
    function breach(context, frame, [from, to], fill, cap) {
        const left = Math.max(frame.left, across(frame, from));
        const right = Math.min(frame.left + frame.width, across(frame, to));
        const width = Math.max(right - left, 2 * frame.ratio);
        if (left > frame.left + frame.width || right < frame.left) return;
        context.fillStyle = fill;
        context.fillRect(left, frame.top, width, frame.height);
        context.fillStyle = cap;
        context.fillRect(left, frame.top, width, 3 * frame.ratio);
    }

    /** Averages as a path: each value is level for `length(i)` from its x; it breaks at `null`. */
    function stairs(frame, x, y, length) {
        const path = new Path2D();
        let end = null; // of the value before
        for (let i = 0; i < x.length; i += 1) {
            if (y[i] === null || x[i] > frame.to || x[i] + length(i) < frame.from) {
                end = null;
                continue;
            }
            const [left, height] = [across(frame, x[i]), down(frame, y[i])];
            if (end === x[i]) path.lineTo(left, height);
            else path.moveTo(left, height);
            end = x[i] + length(i);
            path.lineTo(across(frame, end), height);
        }
        return path;
    }

    /** A dashed line while a limit is in force; its text where there is room for it. */
    function limit(context, frame, { level, text, spans }, stroke, paper) {
        const { ratio } = frame;
        const height = Math.round(down(frame, level)) + 0.5;
        context.save();
        context.strokeStyle = stroke;
        context.lineWidth = 1.5 * ratio;
        context.setLineDash([6 * ratio, 4 * ratio]);
        context.beginPath();
        let labelled = -Infinity; // where the last text ends
        const texts = [];
        for (const [from, to] of spans) {
            const left = Math.max(frame.left, across(frame, from));
            const right = Math.min(frame.left + frame.width, across(frame, to));
            if (right - left < 1) continue;
            context.moveTo(left, height);
            context.lineTo(right, height);
            const room = context.measureText(text).width + 8 * ratio;
            if ((right - left < room && texts.length > 0) || left < labelled) continue;
            const at = Math.min(left + 4 * ratio, frame.left + frame.width - room);
            texts.push(at);
            labelled = at + room + 90 * ratio;
        }
        context.stroke();
        context.setLineDash([]);
        context.fillStyle = stroke;
        context.strokeStyle = paper;
        context.lineWidth = 3 * ratio;
        context.lineJoin = "round";
        context.textBaseline = "bottom";
        context.textAlign = "left";
        for (const at of texts) {
            context.strokeText(text, at, height - 3 * ratio);
            context.fillText(text, at, height - 3 * ratio);
        }
        context.restore();
    }

    return { across, down, lower, line, band, tint, hatch, label, breach, stairs, limit };
})();
