// alerts.js: the card with the rules of a place: add, change, try out, delete; which are active.
"use strict";

(() => {
    const card = document.getElementById("alerts");
    if (!card) return;
    const { site } = card.dataset;
    const zone = new Zone(card.dataset.zone);
    const byID = (id) => document.getElementById(id);
    const rulePath = (id) => `/api/rules/${encodeURIComponent(id)}`;
    const said = (text) => (byID("alerts-said").textContent = text);

    async function refresh() {
        try {
            await fragment.refresh("alerts-badge", "rules");
        } catch {
            // The list stays as it was; whatever is done next says what is wrong.
        }
    }

    // MARK: on and off

    card.addEventListener("change", async ({ target }) => {
        if (!target.matches("[data-enabled]")) return;
        const { rule, version } = target.closest("[data-rule]").dataset;
        try {
            await api.put(rulePath(rule), { enabled: target.checked, version: Number(version) });
            said(target.checked ? "The rule is on." : "The rule is off: it judges nothing.");
        } catch (error) {
            target.checked = !target.checked;
            said(error.status === 409 ? "Not set: the rule was changed meanwhile. Try again." : `Not set: ${error.message}`);
        }
        await refresh();
    });

    const editor = byID("rule-editor");
    if (editor) {
        // MARK: the form

        const element = byID("rule-form");
        const form = new RuleForm(element, () => preview.later());
        const save = element.querySelector("[type=submit]");
        /** The rule that is changed; `null`: a new one. */
        let edited = null;
        let recipients = [];

        async function open(rule) {
            edited = rule;
            recipients = await api.get("/api/recipients").then((answer) => answer.recipients, () => recipients);
            byID("rule-title").textContent = rule ? "Change the rule" : "Add a rule";
            form.fill(rule, recipients);
            fail("");
            preview.clear();
            if (!editor.open) editor.showModal();
            if (rule) preview.later();
        }

        function fail(text, isStale = false) {
            byID("rule-fault").textContent = text;
            byID("rule-again").hidden = !isStale;
        }

        async function edit(id) {
            try {
                await open(await api.get(rulePath(id)));
            } catch (error) {
                said(error.message);
                refresh();
            }
        }

        element.addEventListener("submit", async (event) => {
            event.preventDefault();
            save.disabled = true;
            fail("");
            try {
                const rule = form.value;
                if (edited) await api.put(rulePath(edited.id), { ...rule, version: edited.version });
                else await api.post(`/api/${site}/rules`, rule);
                await refresh();
                editor.close();
                said(edited ? "The rule is changed." : "The rule is added.");
            } catch (error) {
                if (error.status === 422) {
                    const rest = form.showFaults(error.faults);
                    fail(rest.length > 0 ? rest.join(" ") : "Not saved: see what is said under the fields.");
                } else if (error.status === 409 && edited) {
                    fail("Not saved: somebody changed this rule meanwhile. Load what is stored, and change that.", true);
                } else fail(`Not saved: ${error.message}`);
            }
            save.disabled = false;
        });
        byID("rule-again").addEventListener("click", () => edit(edited.id));
        byID("rule-add").addEventListener("click", () => open(null));

        // MARK: what it would have done

        const preview = {
            timer: 0,
            question: null,

            clear() {
                clearTimeout(preview.timer);
                preview.question?.abort();
                preview.say("Give a limit, and this says how often it would have fired.");
            },

            say(text, events = []) {
                byID("preview").textContent = text;
                const list = byID("preview-list");
                list.hidden = events.length === 0;
                list.querySelector("ol").replaceChildren(...events.map((event) => {
                    const item = document.createElement("li");
                    item.textContent = preview.line(event);
                    return item;
                }));
            },

            later() {
                clearTimeout(preview.timer);
                preview.question?.abort();
                preview.timer = setTimeout(preview.ask, 400);
            },

            async ask() {
                const rule = form.value;
                if (rule.threshold_db === undefined) return preview.clear();
                preview.question = new AbortController();
                const { signal } = preview.question;
                try {
                    const body = { ...rule, name: rule.name || "Preview" };
                    const answer = await api.post(`/api/${site}/rules/preview?days=30`, body, signal);
                    form.showFaults([]);
                    preview.say(preview.words(answer), answer.events);
                } catch (error) {
                    if (signal.aborted) return;
                    const rest = error.status === 422 ? form.showFaults(error.faults) : [error.message];
                    preview.say(["No preview yet.", ...rest].join(" "));
                }
            },

            words({ alarms, warnings, readings, events, damage }) {
                if (readings === 0) return "There are no readings of the last 30 days to try it on.";
                const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);
                const fired = alarms === 0 ? "Would not have fired" : `Would have fired ${times(alarms)}`;
                const warned = warnings > 0 ? `, ${alarms === 0 ? "but" : "and"} warned ${times(warnings)}` : "";
                let text = `${fired} in the last 30 days${warned}.`;
                if (events.length < alarms + warnings) text += ` The list has ${events.length} of them.`;
                if (damage.length > 0) text += " Some of that time cannot be read, and was not judged.";
                return text;
            },

            /** "23 Nov 2026 22:00, 41 min, highest 67.3 dB" */
            line({ level, onset_at, cleared_at, peak_value, exceeded_s, metric, rule }) {
                const farthest = rule.comparison === "below" ? "lowest" : "highest";
                return [
                    zone.moment(words.time(onset_at)),
                    level === "warning" ? "warning" : null,
                    cleared_at === null ? "not over yet" : words.duration(exceeded_s),
                    `${farthest} ${metric === "laeq" ? "average " : ""}${words.level(peak_value)} dB`,
                ].filter(Boolean).join(", ");
            },
        };

        // MARK: delete

        const asking = byID("rule-delete");
        let deleted = null;

        function ask(button) {
            deleted = button.dataset.delete;
            byID("delete-name").textContent = button.dataset.name;
            byID("delete-fault").textContent = "";
            asking.showModal();
        }

        byID("delete-yes").addEventListener("click", async () => {
            try {
                await api.remove(rulePath(deleted));
            } catch (error) {
                // What is gone already is deleted.
                if (error.status !== 404) return (byID("delete-fault").textContent = error.message);
            }
            await refresh();
            asking.close();
            said("The rule is deleted.");
            byID("rule-add").focus();
        });

        card.addEventListener("click", ({ target }) => {
            const button = target.closest("button");
            if (button?.dataset.edit) edit(button.dataset.edit);
            else if (button?.dataset.delete) ask(button);
            else if (button?.hasAttribute("data-close")) editor.close();
        });
        editor.addEventListener("close", () => preview.clear());
    }

    setInterval(() => !document.hidden && !document.querySelector("dialog[open]") && refresh(), 15_000);
})();
