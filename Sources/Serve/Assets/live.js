// live.js: the WebSocket behind a page, and when it is open.
//
//                ┌────────────── opened ──────────────┐
//      connecting ──closed──▶ waiting ──time, retry──▶ connecting
//          │                                           │
//          └─▶ open ──hidden──▶ hidden ──visible──▶ connecting
//               │  └──15 min──▶ capped ──resume──▶ connecting
//               └──pause──▶ paused ──resume──▶ connecting
//
// Offline is left when the browser says so. `ended` is for good: signed out, or the unit is gone.
// What `returns` may have another unit by now, and is asked for again.
"use strict";

class LiveSocket {
    static capMilliseconds = 15 * MINUTE;
    static silenceMilliseconds = 60_000; // the server speaks at least each 25 s

    #path;
    #onState;
    #onMessage;
    #returns;
    #socket = null;
    #failures = 0;
    #timer = 0;
    #cap = 0;
    #silence = 0;
    state = "idle";
    /** When the next attempt is made, by this device's clock; while `waiting`. */
    retryAt = 0;

    /**
     * @param onState called with the new state, @param onMessage with each message's object.
     * @param returns whether to ask again for what is gone (4404).
     */
    constructor(path, onState, onMessage, { returns = false } = {}) {
        this.#path = path;
        this.#onState = onState;
        this.#onMessage = onMessage;
        this.#returns = returns;
        document.addEventListener("visibilitychange", () => this.#visibility());
        addEventListener("offline", () => this.#leave("offline"));
        addEventListener("online", () => this.state === "offline" && this.start());
        // A page kept for the back button must not hold a socket.
        addEventListener("pagehide", () => this.#leave("hidden"));
        addEventListener("pageshow", (event) => event.persisted && this.#visibility());
    }

    /** Begins, resumes, or retries at once. */
    start() {
        this.#failures = 0;
        clearTimeout(this.#cap);
        this.#cap = setTimeout(() => this.#leave("capped"), LiveSocket.capMilliseconds);
        if (document.hidden) this.#enter("hidden");
        else if (!navigator.onLine) this.#enter("offline");
        else this.#connect();
    }

    pause() {
        this.#leave("paused");
    }

    #enter(state) {
        this.state = state;
        this.#onState(state);
    }

    /** Closes what is open, then rests in `state`, unless the end has come before. */
    #leave(state) {
        if (this.state === "ended") return;
        if (this.#rests && state !== "paused") return;
        this.#drop();
        clearTimeout(this.#cap);
        this.#enter(state);
    }

    /** Whether a person has to ask before the socket opens again. */
    get #rests() {
        return ["idle", "paused", "capped", "ended"].includes(this.state);
    }

    #visibility() {
        if (document.hidden) this.#leave("hidden");
        else if (this.state === "hidden") this.start();
    }

    #drop() {
        clearTimeout(this.#timer);
        clearTimeout(this.#silence);
        const socket = this.#socket;
        this.#socket = null;
        // Closing a socket that is still opening would put a warning on the console.
        if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(1000);
        else socket?.close(1000);
    }

    #connect() {
        this.#drop();
        this.#enter("connecting");
        const address = new URL(this.#path, location.href);
        address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
        const socket = new WebSocket(address);
        this.#socket = socket;
        // Events of a socket that was dropped are nobody's business any more.
        socket.onopen = () => socket === this.#socket && this.#opened();
        socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
        socket.onmessage = (event) => socket === this.#socket && this.#received(event.data);
    }

    #opened() {
        this.#failures = 0;
        this.#listen();
        this.#enter("open");
    }

    #received(text) {
        this.#listen();
        this.#onMessage(JSON.parse(text));
    }

    /** A connection that died without a word would look open for minutes. */
    #listen() {
        clearTimeout(this.#silence);
        this.#silence = setTimeout(() => {
            this.#drop();
            this.#closed(1006);
        }, LiveSocket.silenceMilliseconds);
    }

    #closed(code) {
        this.#drop();
        if (code === 4401) api.signIn();
        if (code === 4401 || (code === 4404 && !this.#returns)) {
            this.#enter("ended");
            return;
        }
        // 1, 2, 4 … 30 s, and half of it by chance, so that not all browsers return at once.
        const limit = Math.min(30_000, 1000 * 2 ** Math.min(this.#failures, 5));
        const delay = limit * (0.5 + Math.random() / 2);
        this.#failures += 1;
        this.retryAt = Date.now() + delay;
        this.#timer = setTimeout(() => this.#connect(), delay);
        this.#enter("waiting");
    }
}
