// player.js: plays an event: chart, play-head, slider, values and steps.
//
// It plays what one GET brought, by a clock of its own: so that it can be moved about in without
// asking again. Nothing plays before somebody wants it to.
"use strict";

class Player {
    static stepsShown = 300;

    #byID = (id) => document.getElementById(id);
    #element = this.#byID("replay-chart");
    #options = {
        zone: new Zone("UTC"), nights: false, colours: ["--bad", "--warn"],
        series: [
            { colour: "--s-lp" }, { colour: "--s-lmax", bold: true, cumulative: true },
            { colour: "--s-leq", bold: true, cumulative: true, smooth: true },
            { colour: "--s-leq", bold: true, smooth: true }, { colour: "--s-lp", bold: true },
        ],
        behind: (...drawn) => this.#drawBreach(...drawn),
        front: (...drawn) => this.#drawLimit(...drawn),
    };
    #chart;
    #over = document.createElement("canvas");
    #clock = new PlayClock(0, 0);
    #replay = null;
    #event = "";
    #asked = null;
    #step = -1;
    #frame = 0;
    #spoke = 0;
    #table = null;

    constructor() {
        this.#chart = new LevelChart(this.#element.querySelector(".plot"), this.#options);
        this.#over.className = "over";
        this.#chart.area.append(this.#over);
        new ResizeObserver(() => this.#drawHead()).observe(this.#chart.area);
        document.documentElement.addEventListener("themechange", () => this.#drawHead());
        this.#byID("play").addEventListener("click", () => this.toggle());
        this.#byID("head").addEventListener("input", (event) => {
            this.seek(this.#clock.from + Number(event.target.value));
        });
        for (const button of document.querySelectorAll("[data-speed]")) {
            button.addEventListener("click", () => this.#setSpeed(Number(button.dataset.speed)));
        }
        this.#byID("to-peak").addEventListener("click", () => this.seek(this.#peak));
        this.#byID("log").addEventListener("click", (event) => {
            const button = event.target.closest("button");
            if (button) this.seek(Number(button.dataset.at));
        });
        this.#byID("replay-retry").addEventListener("click", () => {
            this.load(this.#event, this.#options.zone.name);
        });
        this.#byID("replay-as-table").addEventListener("click", () => this.#toggleTable());
        this.#listenToChart();
    }

    /** Shows the replay of `event` from its onset; of the same one again, from where it stands. */
    async load(event, zone) {
        const again = event === this.#event && this.#replay;
        if (!again) this.#forget();
        this.#event = event;
        this.#asked?.abort();
        const asked = (this.#asked = new AbortController());
        const slow = setTimeout(() => again || this.#note("loading"), 300);
        try {
            this.#options.zone = new Zone(zone);
            const answer = await api.get(`/api/events/${event}/replay`, {}, asked.signal);
            const before = await this.#before(answer, asked.signal);
            if (asked === this.#asked) this.#show(answer, before, again);
        } catch (error) {
            if (asked.signal.aborted) return;
            this.#byID("replay-error").textContent = error.message;
            this.#note("error");
        } finally {
            clearTimeout(slow);
        }
    }

    /** The readings that an average at the beginning of a replay is made of. */
    async #before(answer, signal) {
        const { averaging } = answer.event.rule ?? {};
        if (averaging?.mode !== "sliding") return undefined;
        const to = words.time(answer.from);
        const path = `${api.unit(answer.event.unit)}/history`;
        const query = {
            resolution: "raw", metrics: "lp", from: to - averaging.seconds * 1000, to,
            limit: 100_000,
        };
        try {
            return await api.get(path, query, signal);
        } catch (error) {
            if (signal.aborted) throw error;
            return undefined; // Then the average begins later.
        }
    }

    get isPlaying() {
        return this.#clock.playing;
    }

    toggle() {
        if (!this.#replay) return;
        if (this.#clock.playing) this.#clock.pause();
        else this.#clock.play(performance.now());
        this.#showPlaying();
        this.#run();
    }

    pause() {
        this.#clock.pause();
        this.#showPlaying();
    }

    seek(t) {
        if (!this.#replay) return;
        this.#clock.seek(t);
        this.#showHead();
    }

    #setSpeed(speed) {
        this.#clock.speed = speed;
        for (const button of document.querySelectorAll("[data-speed]")) {
            button.setAttribute("aria-pressed", Number(button.dataset.speed) === speed);
        }
    }

    #run() {
        cancelAnimationFrame(this.#frame);
        if (!this.#clock.playing) return;
        this.#frame = requestAnimationFrame((now) => {
            this.#clock.tick(now);
            this.#showHead();
            if (!this.#clock.playing) this.#showPlaying();
            this.#run();
        });
    }

    #showPlaying() {
        const button = this.#byID("play");
        button.classList.toggle("playing", this.#clock.playing);
        button.querySelector(".word").textContent = this.#clock.playing ? "Pause" : "Play";
    }

    // MARK: what was loaded

    #forget() {
        this.pause();
        this.#replay = null;
        this.#note(null);
        this.#byID("log").replaceChildren();
        this.#byID("at").replaceChildren();
        this.#byID("replay-marks").replaceChildren();
        this.#chart.show({ view: this.#chart.view, x: [], columns: [] });
        this.#drawHead();
    }

    #show(answer, before, again) {
        const replay = replays.read(answer, this.#options.zone, before);
        const at = again ? this.#clock.at : words.time(answer.event.onset_at);
        const { speed } = this.#clock;
        if (!again || !this.#clock.playing) {
            this.#clock = new PlayClock(replay.from, replay.to, at);
            this.#clock.speed = speed;
        } else this.#clock.to = replay.to;
        this.#replay = replay;
        this.#note(replay.x.length === 0 ? "empty" : null);
        this.#byID("head").max = replay.to - replay.from;
        this.#byID("to-peak").hidden = this.#peak === null;
        this.#element.setAttribute("aria-label", replays.summary(replay, this.#options.zone));
        this.#chart.show({ ...replay, steps: [], limits: [], breaches: [], view: [replay.from, replay.to] });
        this.#showMarks();
        this.#showSteps();
        this.#table?.show(this.#rows());
        this.#step = -1;
        this.#showHead();
    }

    get #peak() {
        return words.time(this.#replay?.event.peak_at ?? null);
    }

    #note(name) {
        for (const note of this.#element.querySelectorAll("[data-note]")) {
            note.hidden = note.dataset.note !== name;
        }
    }

    /** What the line that is judged is called. */
    #name() {
        const { judged, event } = this.#replay;
        if (judged === "average") {
            const { mode, seconds } = event.rule.averaging;
            if (mode === "window") return "Average over its hours";
            return `Average ${mode === "sliding" ? "of the last " : ""}${words.duration(seconds)}`;
        }
        return { level: "Lp", leq: "Leq", lmax: "Lmax" }[judged];
    }

    #showMarks() {
        const { judged, limit, limits, event } = this.#replay;
        const marks = [];
        if (judged) marks.push(["line " + judged, this.#name()]);
        if (judged !== "level") marks.push(["line lp", "Lp"]);
        if (limit !== null && limits.length > 0) {
            const warning = event.level === "warning";
            const of = judged === "level" ? "Lp" : this.#name().toLowerCase();
            marks.push([warning ? "limit warning" : "limit",
                `${warning ? "warning" : "limit"} of ${judged === "average" ? "the " : ""}${of}`]);
        }
        if (this.#replay.gaps.length > 0) marks.push(["gap", "no data"]);
        this.#byID("replay-marks").replaceChildren(...marks.map(([name, text]) => {
            const mark = document.createElement("span");
            const sample = document.createElement("i");
            sample.className = name;
            mark.append(sample, text);
            return mark;
        }));
    }

    #showSteps() {
        const { steps, event } = this.#replay;
        const { zone } = this.#options;
        const items = steps.slice(0, Player.stepsShown).map((step) => {
            const item = document.createElement("li");
            const button = document.createElement("button");
            const { look, strong, text } = replays.say(step, event);
            button.type = "button";
            button.dataset.at = step.at;
            item.dataset.look = look;
            button.append(part("span", zone.second(step.at)), part("i", ""));
            const said = part("span", "");
            if (strong) said.append(part("b", strong));
            said.append(text);
            button.append(said);
            item.append(button);
            return item;
        });
        const more = steps.length - items.length;
        if (more > 0) items.push(part("li", `and ${more} more`));
        if (steps.length === 0) items.push(part("li", "No steps are known of it."));
        this.#byID("log").replaceChildren(...items);
    }

    // MARK: the play-head

    #showHead() {
        const { at, from } = this.#clock;
        const slider = this.#byID("head");
        slider.value = at - from;
        slider.setAttribute("aria-valuetext", this.#options.zone.second(at));
        this.#drawHead();
        this.#showValues(at);
        this.#showStep(at);
    }

    #showValues(at) {
        const i = replays.reading(this.#replay, at);
        const { judged, value, lp, leq, lmax } = this.#replay;
        const values = [["At", this.#options.zone.second(at)]];
        if (judged === "average") values.push([this.#name(), words.level(value[i])]);
        values.push(
            ["Lp", words.level(lp[i])], ["Leq", words.level(leq[i])],
            ["Lmax", words.level(lmax[i])]);
        const list = this.#byID("at");
        if (list.children.length !== values.length) {
            list.replaceChildren(...values.map(() => {
                const pair = part("div", "");
                pair.append(part("dt", ""), part("dd", ""));
                return pair;
            }));
        }
        values.forEach(([name, text], k) => {
            const [term, value] = list.children[k].children;
            if (term.textContent !== name) term.textContent = name;
            if (value.textContent !== text) value.textContent = text;
        });
    }

    #showStep(at) {
        const { steps } = this.#replay;
        const newest = replays.newest(steps.map((step) => step.at), at);
        const index = Math.min(newest, Player.stepsShown - 1);
        if (index === this.#step) return;
        this.#step = index;
        const log = this.#byID("log");
        [...log.children].forEach((item, i) => {
            item.classList.toggle("past", i <= index);
            // What happened at one instant is told together.
            if (i <= index && steps[i].at === steps[index].at) item.setAttribute("aria-current", "step");
            else item.removeAttribute("aria-current");
        });
        const item = log.children[index];
        if (!item) return;
        // Only the list moves, never the page.
        const above = item.offsetTop;
        if (above < log.scrollTop || above + item.offsetHeight > log.scrollTop + log.clientHeight) {
            log.scrollTop = above - log.clientHeight / 2;
        }
    }

    #drawHead() {
        const { area } = this.#chart;
        const ratio = devicePixelRatio;
        const [width, height] = [area.clientWidth, area.clientHeight + 10];
        if (this.#over.width !== Math.round(width * ratio)) this.#over.width = width * ratio;
        if (this.#over.height !== Math.round(height * ratio)) this.#over.height = height * ratio;
        const context = this.#over.getContext("2d");
        context.clearRect(0, 0, this.#over.width, this.#over.height);
        if (!this.#replay || this.#clock.to <= this.#clock.from) return;
        const { at, from, to } = this.#clock;
        const x = Math.round(((at - from) / (to - from)) * width * ratio);
        context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--text");
        context.fillRect(x - ratio * 0.75, 0, 1.5 * ratio, height * ratio);
        context.beginPath();
        context.moveTo(x - 6 * ratio, 0);
        context.lineTo(x + 6 * ratio, 0);
        context.lineTo(x, 8 * ratio);
        context.fill();
    }

    // MARK: on the chart

    #drawBreach(context, frame, colours) {
        const { breach, event } = this.#replay ?? {};
        if (!breach) return;
        // Red is a level beyond a limit; a warning is none.
        const colour = colours[event.level === "warning" ? "--warn" : "--bad"];
        context.save();
        context.globalAlpha = 0.13;
        drawing.tint(context, frame, breach, colour);
        context.globalAlpha = 1;
        drawing.tint(context, { ...frame, height: 3 * frame.ratio }, breach, colour);
        context.restore();
    }

    /** Only while it is in force, and only because the series it judges is there. */
    #drawLimit(context, frame, colours) {
        const { limit, limits, event } = this.#replay ?? {};
        if (limit === undefined || limit === null) return;
        const isWarning = event.level === "warning";
        const colour = colours[isWarning ? "--warn" : "--bad"];
        const y = Math.round(drawing.down(frame, limit)) + 0.5;
        context.strokeStyle = colour;
        context.lineWidth = frame.ratio;
        for (const [from, to] of limits) {
            context.setLineDash([5 * frame.ratio, 4 * frame.ratio]);
            context.beginPath();
            context.moveTo(drawing.across(frame, from), y);
            context.lineTo(drawing.across(frame, to), y);
            context.stroke();
        }
        if (limits.length === 0) return;
        const text = `${isWarning ? "Warning" : "Limit"} ${words.level(limit)} dB`;
        const at = drawing.across(frame, limits[0][0]) + 5 * frame.ratio;
        context.setLineDash([]);
        context.textAlign = "left";
        context.textBaseline = "bottom";
        context.lineWidth = 3 * frame.ratio;
        context.strokeStyle = colours["--surface"];
        context.strokeText(text, at, y - 3 * frame.ratio);
        context.fillStyle = colour;
        context.fillText(text, at, y - 3 * frame.ratio);
    }

    #listenToChart() {
        const { area } = this.#chart;
        const follow = (event) => this.seek(this.#chart.time(event.clientX));
        area.addEventListener("pointerdown", (event) => {
            if (event.button !== 0) return;
            area.setPointerCapture(event.pointerId);
            follow(event);
        });
        area.addEventListener("pointermove", (event) => {
            if (area.hasPointerCapture(event.pointerId)) follow(event);
        });
        this.#element.addEventListener("keydown", (event) => this.#key(event));
    }

    #key(event) {
        if (!this.#replay || event.ctrlKey || event.metaKey || event.altKey) return;
        const { x } = this.#replay;
        const { at, from, to } = this.#clock;
        const i = replays.newest(x, at);
        const moves = {
            ArrowLeft: event.shiftKey ? at - MINUTE : x[x[i] < at ? i : i - 1] ?? from,
            ArrowRight: event.shiftKey ? at + MINUTE : x[i + 1] ?? to,
            Home: from, End: to,
        };
        if (!(event.key in moves)) return;
        event.preventDefault();
        this.pause();
        this.seek(moves[event.key]);
        this.#speak();
    }

    /** At most each 2 s: a key that is held down must not flood a screen reader. */
    #speak() {
        const now = performance.now();
        if (now - this.#spoke < 2000) return;
        this.#spoke = now;
        this.#byID("replay-said").textContent = [...this.#byID("at").children]
            .map((pair) => [...pair.children].map((part) => part.textContent).join(" ")).join(", ");
    }

    // MARK: the same as a table

    #rows() {
        return this.#replay.x.map((t, i) => ({
            t, lp: this.#replay.lp[i], leq: this.#replay.leq[i], lmax: this.#replay.lmax[i],
            judged: this.#replay.value?.[i] ?? null,
        }));
    }

    #toggleTable() {
        const element = this.#byID("replay-table");
        const button = this.#byID("replay-as-table");
        element.hidden = !element.hidden;
        button.setAttribute("aria-expanded", !element.hidden);
        button.textContent = element.hidden ? "Show as table" : "Hide table";
        if (!this.#table) {
            const level = (title, name) => ({
                title, name, text: (row) => words.level(row[name]), value: (row) => row[name],
            });
            this.#table = new DataTable(element, "Readings of the replay", [
                {
                    title: "Time", name: "t", text: ({ t }) => this.#options.zone.second(t),
                    value: ({ t }) => new Date(t).toISOString(),
                },
                level("Judged", "judged"), level("Lp", "lp"), level("Leq", "leq"),
                level("Lmax", "lmax"),
            ]);
        }
        if (this.#replay) this.#table.show(this.#rows());
    }
}

/** A new element with a text. */
function part(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
}
