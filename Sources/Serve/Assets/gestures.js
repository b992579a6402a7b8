// gestures.js: moving about in a chart by mouse, touch and keys.
//
// Drag zooms in; Shift+drag or one finger moves; two fingers or Ctrl+wheel zoom; a double click
// goes back. A plain wheel scrolls the page.
"use strict";

class Gestures {
    #chart;
    #act;
    #pointers = new Map();
    #drag = null;
    #pinch = null;

    /**
     * @param chart a `LevelChart`; @param element what has the keys' focus.
     * @param act { view(from, to, done): show this; back(); step(direction): move the cursor;
     *   move(windows); zoom(factor); reset() }. `done` is false while fingers are still down.
     */
    constructor(chart, element, act) {
        this.#chart = chart;
        this.#act = act;
        const area = chart.area;
        area.addEventListener("pointerdown", (event) => this.#down(event));
        area.addEventListener("pointermove", (event) => this.#move(event));
        area.addEventListener("pointerup", (event) => this.#up(event, true));
        area.addEventListener("pointercancel", (event) => this.#up(event, false));
        area.addEventListener("dblclick", () => act.back());
        area.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
        element.addEventListener("keydown", (event) => this.#key(event));
    }

    #down(event) {
        if (event.button !== 0) return;
        this.#chart.area.setPointerCapture(event.pointerId);
        this.#pointers.set(event.pointerId, event.clientX);
        const time = this.#chart.time(event.clientX);
        if (this.#pointers.size === 2) {
            const [p, q] = [...this.#pointers.values()].map((x) => this.#chart.time(x));
            this.#pinch = { p, q };
            this.#drag = null;
            this.#chart.select();
            return;
        }
        const moves = event.shiftKey || event.pointerType === "touch";
        this.#drag = { x: event.clientX, time, moves, view: this.#chart.view };
    }

    #move(event) {
        if (!this.#pointers.has(event.pointerId)) return;
        this.#pointers.set(event.pointerId, event.clientX);
        if (this.#pinch && this.#pointers.size === 2) this.#pinched();
        else if (this.#drag?.moves) this.#act.view(...this.#moved(event), false);
        else if (this.#drag && this.#far(event)) {
            this.#chart.select(this.#drag.time, this.#chart.time(event.clientX));
        }
    }

    #up(event, done) {
        this.#pointers.delete(event.pointerId);
        const drag = this.#drag;
        this.#drag = null;
        this.#chart.select();
        if (this.#pinch) {
            if (this.#pointers.size === 0) this.#pinch = null;
            this.#act.view(...this.#chart.view, true);
        } else if (drag && done && this.#far(event, drag)) {
            if (drag.moves) this.#act.view(...this.#moved(event, drag), true);
            else {
                const times = [drag.time, this.#chart.time(event.clientX)];
                this.#act.view(Math.min(...times), Math.max(...times), true);
            }
        }
    }

    #far(event, drag = this.#drag) {
        return Math.abs(event.clientX - drag.x) > 6;
    }

    #moved(event, drag = this.#drag) {
        const [from, to] = drag.view;
        const shift = ((event.clientX - drag.x) / this.#chart.area.clientWidth) * (to - from);
        return [from - shift, to - shift];
    }

    /** The two times that were under the fingers stay under them. */
    #pinched() {
        const { p, q } = this.#pinch;
        const left = this.#chart.area.getBoundingClientRect().left;
        const [a, b] = [...this.#pointers.values()].map((x) => x - left);
        if (Math.abs(b - a) < 8) return;
        const scale = (q - p) / (b - a);
        const from = p - a * scale;
        this.#act.view(from, from + scale * this.#chart.area.clientWidth, false);
    }

    #wheel(event) {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#act.zoom(Math.exp(event.deltaY * 0.0015), this.#chart.time(event.clientX));
    }

    #key(event) {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const act = this.#act;
        const actions = {
            ArrowLeft: () => (event.shiftKey ? act.move(-0.25) : act.step(-1)),
            ArrowRight: () => (event.shiftKey ? act.move(0.25) : act.step(1)),
            "+": () => act.zoom(0.5),
            "=": () => act.zoom(0.5),
            "-": () => act.zoom(2),
            0: () => act.reset(),
        };
        const action = actions[event.key];
        if (!action) return;
        event.preventDefault();
        action();
    }
}
