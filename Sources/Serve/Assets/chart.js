// chart.js: a chart of levels over time: uPlot with our own drawing.
//
// From the back: night tint, hatch where data is missing, grid, breaches, lowest-to-highest band,
// lines, limits, marks where a measurement began anew, cursor. No line ever crosses missing data.
"use strict";

class LevelChart {
    /** Longer than this, nights are too narrow to be told apart. */
    static mostNights = 100 * DAY;

    static #rightPadding = 12;

    #element;
    #options;
    #plot;
    #data = {
        x: [], columns: [], gaps: [], breaks: [], resets: [], breaches: [], limits: [], steps: [],
        view: [0, 1],
    };
    #levels = [30, 90];
    #colours = {};

    /**
     * @param element an empty block; its height is the chart's.
     * @param options `zone`; `series`: [{ colour, bold, cumulative }] (colour: a CSS variable);
     *   `smooth`: a bold one that is bold however dense; `nights`: whether to tint them;
     *   `onCursor(index | null, byKey)`; `colours`: more CSS variables for `behind` and `front`,
     *   which draw on the grid and on the lines: (context, frame, colours).
     */
    constructor(element, options) {
        this.#element = element;
        this.#options = options;
        this.#readColours();
        this.#plot = new uPlot(this.#plotOptions(), this.#columns(), element);
        new ResizeObserver(() => this.#resize()).observe(element);
        document.documentElement.addEventListener("themechange", () => {
            this.#readColours();
            this.#plot.redraw(false);
        });
    }

    /**
     * Draws `data`:
     * - `view`: [from, to] in ms; `x`: times in ms, ascending; `columns`: values by series, `null`
     *   for none; `low`, `high`: the band around the first series, if there is one;
     * - `gaps`: [[from, to]] without data; `breaks`: 1 where a line must not come from the value
     *   before it; `resets`: 1 where cumulative levels began anew;
     * - `breaches`: [[from, to]] beyond a limit; `limits`: [{ level, text, spans: [[from, to]] }],
     *   drawn while they are in force; `steps`: [{ x, y, step, lengths }], the averages that they
     *   judge: each holds from x for `step` ms, or for its own length;
     * - `include`: levels to be seen.
     */
    show(data) {
        const empty = { gaps: [], breaks: [], resets: [], breaches: [], limits: [], steps: [] };
        this.#data = { ...empty, ...data };
        this.#levels = this.#levelRange(this.#data, this.#levels);
        this.#plot.batch(() => {
            // Behind the averages that a limit judges, the finer ones stand back.
            this.#plot.series[1].alpha = this.#data.steps.length > 0 ? 0.55 : 1;
            this.#plot.setData(this.#columns(), false);
            this.#plot.setScale("x", { min: data.view[0], max: data.view[1] });
        });
    }

    get view() {
        return this.#data.view;
    }

    /** The plot area, for pointers. */
    get area() {
        return this.#plot.over;
    }

    /** The time under a pointer at `clientX`. */
    time(clientX) {
        return this.#plot.posToVal(clientX - this.area.getBoundingClientRect().left, "x");
    }

    /** Marks the times from `a` to `b`; without them, takes the mark away. */
    select(a, b) {
        const at = (t) => Math.min(Math.max(this.#plot.valToPos(t, "x"), 0), this.area.clientWidth);
        const [left, right] = a === undefined ? [0, 0] : [at(Math.min(a, b)), at(Math.max(a, b))];
        const height = right > left ? this.area.clientHeight : 0;
        this.#plot.setSelect({ left, top: 0, width: right - left, height }, false);
    }

    /** Puts the cursor on the value at `index`. */
    point(index) {
        const left = this.#plot.valToPos(this.#data.x[index], "x");
        this.#plot.setCursor({ left, top: this.area.clientHeight / 2 });
    }

    /** The index under the cursor, or `null`. */
    get cursor() {
        return this.#plot.cursor.left >= 0 ? this.#plot.cursor.idx ?? null : null;
    }

    hide(series, hidden) {
        this.#plot.setSeries(series + 1, { show: !hidden });
        this.#options.series[series].hidden = hidden;
        this.show(this.#data);
    }

    // MARK: uPlot's settings

    #plotOptions() {
        const colour = (name) => () => this.#colours[name];
        const axis = { stroke: colour("--muted"), font: `11px ${this.#colours["--font"]}`, gap: 4 };
        return {
            width: this.#element.clientWidth || 600,
            height: this.#element.clientHeight || 240,
            ms: 1,
            padding: [10, LevelChart.#rightPadding, 0, 0],
            legend: { show: false },
            scales: {
                x: { time: false, auto: false, range: () => this.#data.view },
                y: { range: () => this.#levels },
            },
            axes: [
                {
                    ...axis,
                    size: 26,
                    splits: () => this.#marks().times,
                    values: () => this.#marks().texts,
                    grid: { show: false },
                    ticks: { stroke: colour("--line"), size: 4, width: 1 },
                },
                {
                    ...axis,
                    size: 34,
                    splits: () => this.#levelMarks(),
                    values: (_, splits) => splits.map(String),
                    grid: { stroke: colour("--grid"), width: 1 },
                    ticks: { show: false },
                },
            ],
            series: [
                {},
                ...this.#options.series.map((series, index) => ({
                    stroke: colour(series.colour),
                    width: this.#width(series),
                    points: { show: false },
                    paths: () => this.#path(index),
                })),
            ],
            cursor: {
                y: false,
                drag: { x: false, y: false, setScale: false },
                // Gestures are ours; uPlot would take the selection back.
                bind: { mousedown: () => null, mouseup: () => null, dblclick: () => null },
                points: {
                    size: 7,
                    stroke: colour("--surface"),
                    fill: (_, i) => this.#colours[this.#options.series[i - 1].colour],
                },
            },
            hooks: {
                drawClear: [() => this.#drawBackground()],
                drawAxes: [() => this.#drawMiddle()],
                draw: [() => this.#drawLimits(), () => this.#drawFront()],
                setCursor: [() => this.#options.onCursor?.(this.cursor)],
            },
        };
    }

    /** One device pixel; bold is two of them (see `#path`), or a wider line on fine screens. */
    #width(series) {
        return series.bold && devicePixelRatio >= 1.5 ? 1.5 : 1 / Math.min(devicePixelRatio, 1.5);
    }

    #columns() {
        const empty = new Array(this.#data.x.length).fill(null);
        const columns = this.#options.series.map((_, i) => this.#data.columns[i] ?? empty);
        return [this.#data.x, ...columns];
    }

    #resize() {
        const width = this.#element.clientWidth;
        const height = this.#element.clientHeight;
        if (!width || (width === this.#plot.width && height === this.#plot.height)) return;
        this.#plot.setSize({ width, height });
    }

    #readColours() {
        const style = getComputedStyle(document.documentElement);
        const names = ["--font", "--muted", "--line", "--grid", "--gap", "--night-fill"];
        names.push("--surface", "--text", "--bad", "--breach-fill");
        names.push(...this.#options.series.map((series) => series.colour));
        names.push(...(this.#options.colours ?? []));
        for (const name of names) this.#colours[name] = style.getPropertyValue(name).trim();
    }

    #marks() {
        const [from, to] = this.#data.view;
        const width = this.#plot.bbox.width / devicePixelRatio;
        const { times, texts } = this.#options.zone.marks(from, to, Math.max(2, width / 92));
        // A text that the right edge would cut is left out; the first has the level axis' room.
        const fits = (text, i) =>
            ((to - times[i]) / (to - from)) * width + LevelChart.#rightPadding > text.length * 3.4;
        return { times, texts: texts.map((text, i) => (fits(text, i) ? text : "")) };
    }

    #levelMarks() {
        const [low, high] = this.#levels;
        const step = high - low > 60 ? 20 : high - low > 25 ? 10 : 5;
        const marks = [];
        for (let v = Math.ceil(low / step) * step; v <= high; v += step) marks.push(v);
        return marks;
    }

    /** Whole fives around everything seen, at least 20 dB; kept while it still fits well. */
    #levelRange(data, before) {
        let low = Infinity;
        let high = -Infinity;
        const all = data.columns.filter((_, i) => !this.#options.series[i].hidden);
        for (const column of [...all, data.low ?? [], data.high ?? []]) {
            for (let i = 0; i < column.length; i += 1) {
                if (column[i] === null || data.x[i] < data.view[0]) continue;
                if (column[i] < low) low = column[i];
                if (column[i] > high) high = column[i];
            }
        }
        for (const { x, y, step } of data.steps) {
            y.forEach((value, i) => {
                if (value === null || x[i] + step < data.view[0]) return;
                low = Math.min(low, value);
                high = Math.max(high, value);
            });
        }
        const limits = low > high ? [] : this.#shownLimits(data);
        for (const level of [...limits.map((limit) => limit.level), ...(data.include ?? [])]) {
            low = Math.min(low, level);
            high = Math.max(high, level);
        }
        if (low > high) return [30, 90];
        let bottom = Math.floor((low - 2) / 5) * 5;
        let top = Math.ceil((high + 2) / 5) * 5;
        if (top - bottom < 20) top = bottom + 20;
        const fits = before && before[0] <= low && before[1] >= high;
        return fits && before[1] - before[0] <= top - bottom + 5 ? before : [bottom, top];
    }

    #shownLimits({ limits, view }) {
        return limits.filter(({ spans }) => spans.some(([a, b]) => a < view[1] && b > view[0]));
    }

    // MARK: drawing

    #frame() {
        const { left, top, width, height } = this.#plot.bbox;
        const [from, to] = this.#data.view;
        const [low, high] = this.#levels;
        return { left, top, width, height, from, to, low, high, ratio: devicePixelRatio };
    }

    #path(index) {
        const series = this.#options.series[index];
        const { x, columns, breaks, resets } = this.#data;
        const broken = series.cumulative
            ? (i) => breaks[i] === 1 || resets[i] === 1
            : (i) => breaks[i] === 1;
        // Where values stand closer than pixels, a bold line would be a solid block.
        const sparse = x.length < this.#plot.bbox.width;
        const bold = series.bold && (sparse || series.smooth) && devicePixelRatio < 1.5;
        const stroke = drawing.line(this.#frame(), x, columns[index] ?? [], broken, bold);
        return { stroke, fill: null, clip: null, band: null, gaps: null, flags: 0 };
    }

    #drawBackground() {
        const context = this.#plot.ctx;
        const frame = this.#frame();
        context.save();
        if (this.#options.nights && frame.to - frame.from < LevelChart.mostNights) {
            for (const night of this.#options.zone.nights(frame.from, frame.to)) {
                drawing.tint(context, frame, night, this.#colours["--night-fill"]);
            }
        }
        for (const gap of this.#data.gaps) {
            drawing.hatch(context, frame, gap, this.#colours["--gap"]);
        }
        context.restore();
    }

    /** What stands on the grid and under the lines. */
    #drawMiddle() {
        const context = this.#plot.ctx;
        const frame = this.#frame();
        context.save();
        context.font = `${11 * frame.ratio}px ${this.#colours["--font"]}`;
        this.#options.behind?.(context, frame, this.#colours);
        const { "--surface": paper, "--muted": ink } = this.#colours;
        for (const gap of this.#data.gaps) drawing.label(context, frame, gap, paper, ink);
        const { "--breach-fill": fill, "--bad": cap } = this.#colours;
        for (const breach of this.#data.breaches) drawing.breach(context, frame, breach, fill, cap);
        context.restore();
        this.#drawBand(context, frame);
    }

    #drawBand(context, frame) {
        const { x, columns, low, high } = this.#data;
        if (!low || this.#options.series[0].hidden) return;
        const { left, top, width, height } = frame;
        context.save();
        context.beginPath();
        context.rect(left, top, width, height);
        context.clip();
        context.globalAlpha = 0.16;
        context.fillStyle = this.#colours[this.#options.series[0].colour];
        context.fill(drawing.band(frame, x, low, high, columns[0]));
        context.restore();
    }

    #drawLimits() {
        const { steps, limits } = this.#data;
        if (steps.length + limits.length === 0) return;
        const context = this.#plot.ctx;
        const frame = this.#frame();
        const { "--s-leq": main, "--bad": red, "--surface": paper } = this.#colours;
        context.save();
        context.beginPath();
        context.rect(frame.left, frame.top, frame.width, frame.height);
        context.clip();
        context.strokeStyle = main;
        context.lineWidth = 2 * frame.ratio;
        for (const { x, y, step, lengths } of steps) {
            context.stroke(drawing.stairs(frame, x, y, (i) => lengths?.[i] ?? step));
        }
        context.font = `${11 * frame.ratio}px ${this.#colours["--font"]}`;
        for (const limit of limits) drawing.limit(context, frame, limit, red, paper);
        context.restore();
    }

    #drawFront() {
        this.#drawResets();
        const context = this.#plot.ctx;
        const frame = this.#frame();
        context.save();
        context.font = `${11 * frame.ratio}px ${this.#colours["--font"]}`;
        this.#options.front?.(context, frame, this.#colours);
        context.restore();
    }

    /** A dotted line with a word where cumulative levels began anew. */
    #drawResets() {
        const { x, resets } = this.#data;
        const context = this.#plot.ctx;
        const frame = this.#frame();
        context.save();
        context.strokeStyle = context.fillStyle = this.#colours["--muted"];
        context.font = `${11 * frame.ratio}px ${this.#colours["--font"]}`;
        context.textBaseline = "top";
        context.setLineDash([2 * frame.ratio, 3 * frame.ratio]);
        for (let i = 0; i < resets.length; i += 1) {
            if (resets[i] !== 1 || x[i] < frame.from) continue;
            const at = Math.round(drawing.across(frame, x[i])) + 0.5;
            context.beginPath();
            context.moveTo(at, frame.top);
            context.lineTo(at, frame.top + frame.height);
            context.stroke();
            context.textAlign = at > frame.left + frame.width - 80 * frame.ratio ? "right" : "left";
            const aside = context.textAlign === "right" ? -4 : 4;
            context.fillText("began anew", at + aside * frame.ratio, frame.top + 2);
        }
        context.restore();
    }
}
