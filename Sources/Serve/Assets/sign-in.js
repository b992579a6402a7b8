// sign-in.js: signs in with a token from the address's fragment (`/sign-in#TOKEN`).
//
// A fragment is never sent to a server or written to a log. It leaves the address bar, and the
// history, before anything else happens.
"use strict";

(() => {
    const token = decodeURIComponent(location.hash.slice(1));
    if (!token) return;
    history.replaceState(null, "", location.pathname + location.search);
    // Somebody who follows the page's own skip link has not brought a token.
    if (token === "main") return;
    document.getElementById("token").value = token;
    document.getElementById("sign-in").requestSubmit();
})();
