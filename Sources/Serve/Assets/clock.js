// clock.js: the server's time, whatever this device's clock says.
"use strict";

/** A device's clock may be minutes off; then every age on the page would be wrong. */
const clock = (() => {
    let offset = 0;
    return {
        now: () => Date.now() + offset,
        /** Learns the server's time, in milliseconds since 1970, from an answer just received. */
        set(serverTime) {
            if (!Number.isFinite(serverTime)) return;
            const found = serverTime - Date.now();
            // Small differences are the network's; following them would make ages jump.
            if (Math.abs(found - offset) > 1000) offset = found;
        },
    };
})();
