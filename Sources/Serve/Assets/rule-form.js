// rule-form.js: a rule as a form of one sentence. What a rule may be is the server's to say; the
// form only shows which of its fields mean something now.
"use strict";

class RuleForm {
    static #running = ["leq", "lmin", "lpeak", "ln1", "ln2"];
    static #defaults = {
        name: "", metric: "laeq", averaging: { mode: "clock", seconds: 900, consecutive: 1 },
        comparison: "above", threshold_db: null, warning_db: null, duration_s: 0,
        clear_margin_db: 2, cooldown_s: 300, gap_s: 30, schedule: null, enabled: true,
        severity: null, visible_to_client: true, recipients: [],
    };
    static #texts = ["name", "threshold_db", "warning_db", "duration_s", "clear_margin_db", "cooldown_s", "gap_s", "severity"];

    #form;
    #fields;
    #hours;
    #recipients = [];
    /** What is judged: a metric and, of averages, how. */
    #judged;

    /** @param onChange called after each change by hand. */
    constructor(form, onChange) {
        this.#form = form;
        this.#fields = form.elements;
        form.addEventListener("input", (event) => {
            this.#follow(event.target);
            onChange();
        });
        this.#hours = new HoursField(form.querySelector(".hours"), onChange);
    }

    /** Shows a rule; without one the defaults. `recipients`: all there are, `{id, name}`. */
    fill(rule, recipients) {
        const shown = { ...RuleForm.#defaults, ...rule };
        for (const name of RuleForm.#texts) this.#fields[name].value = shown[name] ?? "";
        this.#fields.comparison.value = shown.comparison;
        this.#fields.visible_to_client.checked = shown.visible_to_client;
        const { averaging, schedule } = shown;
        this.#judged = {
            metric: shown.metric,
            mode: averaging?.mode ?? "clock",
            seconds: averaging?.seconds ?? 900,
        };
        this.#fields.consecutive.value = averaging?.consecutive ?? 1;
        this.#fields.always.checked = schedule === null;
        this.#fields.except_dates.value = (schedule?.except_dates ?? []).join(", ");
        this.#hours.value = schedule;
        this.#showRecipients(recipients, shown.recipients);
        this.#form.querySelector("#rule-more").open = false;
        this.#showSubject();
        this.#arrange();
        this.showFaults([]);
    }

    /** The rule as the API takes it; an empty field has its default. */
    get value() {
        const text = (name) => this.#fields[name].value.trim();
        const number = (name) => RuleForm.#number(text(name));
        const { metric, mode, seconds } = this.#judged;
        const isAverage = metric === "laeq";
        const isPeriodic = isAverage && mode !== "sliding";
        return {
            name: text("name"),
            metric,
            averaging: isAverage
                ? { mode, seconds: mode === "window" ? null : seconds,
                    consecutive: isPeriodic ? number("consecutive") : null }
                : null,
            comparison: this.#fields.comparison.value,
            // A level that is not there is a fault of the form, and null would be one of the body.
            threshold_db: text("threshold_db") === "" ? undefined : number("threshold_db"),
            warning_db: number("warning_db"),
            duration_s: isPeriodic ? null : number("duration_s"),
            clear_margin_db: number("clear_margin_db"),
            cooldown_s: number("cooldown_s"),
            gap_s: number("gap_s"),
            schedule: this.#schedule,
            severity: text("severity") || null,
            visible_to_client: this.#fields.visible_to_client.checked,
            recipients: this.#recipients.filter((box) => box.checked).map((box) => box.value),
        };
    }

    /** A number, `null` of nothing; other text stays, for the server to say what is wrong with it. */
    static #number(text) {
        if (text === "") return null;
        const value = Number(text.replace(",", "."));
        return Number.isFinite(value) ? value : text;
    }

    get #schedule() {
        if (this.#fields.always.checked) return null;
        const dates = this.#fields.except_dates.value.split(/[\s,;]+/).filter(Boolean);
        return { ...this.#hours.value, except_dates: dates };
    }

    /** See `faults.show`. */
    showFaults(list) {
        return faults.show(this.#form, list);
    }

    // MARK: which fields mean something

    #follow(target) {
        const judged = this.#judged;
        if (target.name === "subject") {
            const [head, seconds] = target.value.split(":");
            if (head === "clock" || head === "window") {
                Object.assign(judged, { metric: "laeq", mode: head });
                if (seconds) judged.seconds = Number(seconds);
            } else if (head === "lp") judged.metric = "lp";
            this.#showSubject();
        } else if (target.name === "instead") {
            const { value } = target;
            if (value === "clock" || value === "sliding") {
                Object.assign(judged, { metric: "laeq", mode: value });
            } else Object.assign(judged, value ? { metric: value } : { metric: "laeq", mode: "clock", seconds: 900 });
            this.#showSubject();
        } else if (target.name === "seconds") {
            judged.seconds = RuleForm.#number(target.value.trim());
            this.#showSubject(false);
        }
        if (judged.mode === "window" && judged.metric === "laeq") this.#fields.always.checked = false;
        this.#arrange();
    }

    /** Sentence and advanced choice say the same; what the sentence does not list gets a line in it. */
    #showSubject(withSeconds = true) {
        const { metric, mode, seconds } = this.#judged;
        const isAverage = metric === "laeq";
        const key = isAverage ? (mode === "window" ? "window" : `${mode}:${seconds}`) : metric;
        const select = this.#fields.subject;
        select.querySelector("[data-own]")?.remove();
        const isListed = [...select.options].some((option) => option.value === key);
        if (!isListed) {
            const length = Number.isFinite(seconds) ? words.duration(seconds) : "…";
            const symbols = { leq: "Leq", lmin: "Lmin", lpeak: "Lpeak", ln1: "LN1", ln2: "LN2" };
            const text = isAverage
                ? `average over ${mode === "sliding" ? "the last " : ""}${length}`
                : metric === "lmax" ? "Lmax, as it rises," : `the meter’s ${symbols[metric]}`;
            const option = new Option(text, key);
            option.dataset.own = "";
            select.append(option);
        }
        select.value = key;
        this.#fields.instead.value = isListed ? "" : isAverage ? mode : metric;
        if (withSeconds) this.#fields.seconds.value = seconds ?? "";
    }

    #arrange() {
        const { metric, mode } = this.#judged;
        const isAverage = metric === "laeq";
        const isPeriodic = isAverage && mode !== "sliding";
        const when = {
            lasting: !isPeriodic,
            hours: !this.#fields.always.checked,
            length: isAverage && mode !== "window",
            periods: isPeriodic,
            samples: !isPeriodic,
        };
        for (const part of this.#form.querySelectorAll("[data-when]")) {
            part.hidden = !when[part.dataset.when];
        }
        this.#fields.always.disabled = isAverage && mode === "window";
        this.#form.querySelector("#rule-latch").hidden = !RuleForm.#running.includes(metric);
        this.#showHint(metric);
    }

    #showHint(metric) {
        const seconds = RuleForm.#number(this.#fields.duration_s.value.trim());
        const hint = this.#form.querySelector("#rule-hint");
        const texts = [];
        if (metric === "lp" && seconds > 5) {
            texts.push(`Every sample of ${words.duration(seconds)} must be beyond the limit; for fluctuating noise use an average.`);
        }
        if (RuleForm.#running.includes(metric)) {
            texts.push("A running value stays above until the meter starts afresh; see Advanced.");
        }
        if (metric === "lmax") texts.push("It fires when the meter’s maximum rises beyond the limit.");
        hint.textContent = texts.join(" ");
        hint.hidden = texts.length === 0;
    }

    #showRecipients(all, chosen) {
        const box = this.#form.querySelector("#rule-recipients");
        box.replaceChildren();
        this.#recipients = [];
        // An id that is not known any more stays to be seen, and to be taken away.
        const gone = chosen.filter((id) => !all.some((each) => each.id === id));
        for (const { id, name } of [...all, ...gone.map((id) => ({ id, name: id }))]) {
            const input = Object.assign(document.createElement("input"), {
                type: "checkbox", value: id, checked: chosen.includes(id),
            });
            const label = document.createElement("label");
            label.className = "check";
            label.append(input, ` ${name}`);
            box.append(label);
            this.#recipients.push(input);
        }
        if (this.#recipients.length > 0) return;
        const link = Object.assign(document.createElement("a"), {
            href: "/notifications", textContent: "Notifications",
        });
        box.append("There are no recipients yet; add some under ", link, ".");
    }
}
