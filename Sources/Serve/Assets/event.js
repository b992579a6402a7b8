// event.js: one event: its facts, what people said of it, its replay. Beside the list, or alone.
"use strict";

/** A page of this server, as a document. Throws as `api.get`; a missing one says `gone`. */
async function fetchPage(path, gone, signal) {
    let answer;
    try {
        answer = await fetch(path, { headers: { accept: "text/html" }, signal });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new AnswerError("The server cannot be reached.", 0);
    }
    if (answer.status === 401 || (answer.redirected && answer.url.includes("/sign-in"))) {
        api.signIn();
        throw new AnswerError("You are signed out.", 401);
    }
    if (answer.status === 404 && gone) throw new AnswerError(gone, 404);
    if (!answer.ok) throw await api.failure(answer);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Acknowledges or comments; gives back the event as it is then. `what`: ack, comments. */
function sayOfEvent(id, what, note) {
    return api.ask(`/api/events/${id}/${what}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(note ? { note } : {}),
    });
}

class EventDetail {
    /** How often an event that goes on is asked for again, and its replay. */
    static refreshMilliseconds = 10_000;
    static replayMilliseconds = 60_000;

    #root = document.getElementById("detail");
    #player = null;
    #asked = null;
    #replayedAt = 0;
    /** Called with an event that somebody said something of. */
    onSaid = () => {};

    constructor() {
        const form = document.getElementById("say");
        form?.addEventListener("submit", (event) => {
            event.preventDefault();
            this.say("ack");
        });
        document.getElementById("comment")?.addEventListener("click", () => this.say("comments"));
        setInterval(() => this.#refresh(), EventDetail.refreshMilliseconds);
        this.#play();
    }

    get id() {
        return this.#facts.dataset.event;
    }

    /** Not so on phones beside a list. */
    get isShown() {
        return this.#root.offsetParent !== null;
    }

    get #facts() {
        return document.getElementById("event");
    }

    /** Shows another event. */
    async open(id) {
        this.#asked?.abort();
        const asked = (this.#asked = new AbortController());
        try {
            const page = await fetchPage(`/events/${id}`, "This event is gone.", asked.signal);
            if (asked === this.#asked) this.#show(page);
        } catch (error) {
            if (!asked.signal.aborted) this.#fail(error, () => this.open(id));
        }
    }

    togglePlay() {
        if (this.isShown && "replay" in this.#facts.dataset) this.#player?.toggle();
    }

    focus() {
        const title = document.getElementById("event-title");
        title.tabIndex = -1;
        title.focus();
    }

    /** Sends the note. `what`: ack, comments. */
    async say(what) {
        const form = document.getElementById("say");
        if (!form || form.dataset.busy) return;
        const { id } = this;
        const said = document.getElementById("said");
        const note = form.elements.note.value.trim();
        if (what === "comments" && note === "") {
            said.textContent = "Write a note first.";
            form.elements.note.focus();
            return;
        }
        form.dataset.busy = "yes";
        try {
            const event = await sayOfEvent(id, what, note);
            form.elements.note.value = "";
            said.textContent = what === "ack" ? "Acknowledged." : "Comment added.";
            this.onSaid(event);
            if (this.id === id) await this.open(id);
        } catch (error) {
            said.textContent = error.message;
        } finally {
            delete form.dataset.busy;
        }
    }

    #show(page) {
        const another = page.getElementById("event").dataset.event !== this.id;
        const heading = page.getElementById("event-title");
        if (heading.localName === "h1" && !document.querySelector("#detail h1")) {
            // Beside the list it is not the page's own title, and leads to it.
            const title = part("h2", "");
            const link = part("a", heading.textContent);
            link.href = `/events/${page.getElementById("event").dataset.event}`;
            title.id = "event-title";
            title.append(link);
            heading.replaceWith(title);
        }
        const focused = document.activeElement?.id === "event-title";
        for (const id of ["event", "event-rest"]) {
            document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
        }
        document.getElementById("failure")?.remove();
        if (focused) this.focus();
        const form = document.getElementById("say");
        if (another && form) {
            form.elements.note.value = "";
            document.getElementById("said").textContent = "";
        }
        if (another || !this.#player) this.#play();
    }

    #fail(error, retry) {
        document.getElementById("failure")?.remove();
        const banner = part("p", error.message);
        banner.id = "failure";
        banner.className = "banner";
        banner.setAttribute("role", "status");
        if (error.status !== 404) {
            const button = part("button", "Try again");
            button.type = "button";
            button.className = "btn";
            button.addEventListener("click", retry);
            banner.append(button);
        }
        this.#root.prepend(banner);
    }

    #play() {
        const { event, zone, replay } = this.#facts.dataset;
        const hasReplay = replay !== undefined;
        document.getElementById("replay").hidden = !hasReplay;
        if (!hasReplay) return this.#player?.pause();
        if (!this.isShown) return;
        this.#player ??= new Player();
        this.#replayedAt = performance.now();
        this.#player.load(event, zone);
    }

    /** An event that goes on changes; when it ends, so does its replay. */
    async #refresh() {
        const wasActive = "active" in this.#facts.dataset;
        if (!wasActive || document.hidden || !this.isShown) return;
        const { id } = this;
        let page;
        try {
            page = await fetchPage(`/events/${id}`);
        } catch {
            return; // The list says it, and the next time may be better.
        }
        if (id !== this.id) return;
        this.#show(page);
        const ended = !("active" in this.#facts.dataset);
        const old = performance.now() - this.#replayedAt > EventDetail.replayMilliseconds;
        if (this.#player && !this.#player.isPlaying && (ended || old)) this.#play();
    }
}

const eventDetail = document.getElementById("detail") ? new EventDetail() : null;
