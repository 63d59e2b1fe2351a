/** The webhooks page: who looks, and what is looked at. */

import { ask, Refusal } from "./api.js";
import { complain, element, foreign, get, reveal, say } from "./elements.js";
import { forbid, forgetForbidden } from "./permission.js";
import { showEndpoint } from "./endpoint.js";
import { showEndpoints } from "./endpoints.js";
import { forgetSession, keepSession, readSession } from "./session.js";
import { showSignIn } from "./sign-in.js";

/** @import { Partner, Session } from "./api.js" */

/**
 * What the page shows at a time.
 * @typedef {object} View
 * @property {string} title
 * @property {HTMLElement} content its heading takes the focus
 * @property {() => void} [stop] it is looked at no longer
 */

/** @type {View | null} */
let shown = null;
/** Counts the views: an answer that comes late belongs to one that is gone. */
let turn = 0;
/** @type {Session | null} */
let session = null;

/** @param {View} view */
function show(view) {
  shown?.stop?.();
  shown = view;
  document.title = `${reveal(view.title)} · Evergate webhooks`;
  get("main").replaceChildren(view.content);
  view.content.querySelector("h2")?.focus();
}

/** @param {Session} wanted */
async function enter(wanted) {
  /** @type {Partner} */
  const partner = await ask(wanted, "GET", "/v1/partner");
  session = wanted;
  keepSession(wanted);
  forgetForbidden();
  // An operator can act for a partner that is suspended; its own keys can't.
  if (partner.status === "suspended" && wanted.partner === "")
    forbid("This partner is suspended; service and billing go on.");
  const who = get("who");
  who.replaceChildren(
    foreign(partner.name),
    partner.mode === "sandbox" ? element("span", { class: "mode" }, "sandbox") : "",
  );
  who.hidden = false;
  get("leave").hidden = false;
  await go();
}

function leave() {
  turn += 1;
  session = null;
  forgetSession();
  forgetForbidden();
  get("who").hidden = true;
  get("leave").hidden = true;
  show(showSignIn(enter));
}

/** Shows what the address asks for: `#wh_…` an endpoint, else all. */
async function go() {
  if (session === null) return;
  turn += 1;
  const mine = turn;
  const id = location.hash.slice(1);
  try {
    const view = /^wh_[0-9a-z]{26}$/.test(id)
      ? await showEndpoint(session, id, failed, gone)
      : await showEndpoints(session, failed);
    if (mine === turn) show(view);
    else view.stop?.();
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refusal && error.status === 404 && id !== "") {
      // An address that somebody kept, of what is gone or another's.
      history.replaceState(null, "", location.pathname);
      await go();
    }
    failed(error);
  }
}

/**
 * What was shown is no more, and going back doesn't lead there.
 * @param {string} what
 */
async function gone(what) {
  history.replaceState(null, "", location.pathname);
  await go();
  say(what);
}

/**
 * A key that is good no longer ends the visit; everything else is said.
 * @param {unknown} error
 */
function failed(error) {
  if (error instanceof Refusal && error.status === 401) leave();
  complain(error);
}

get("zone").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
get("leave").addEventListener("click", () => {
  leave();
  say("The key is forgotten.");
});
get("dismiss").addEventListener("click", () => say(""));
addEventListener("hashchange", () => {
  say("");
  void go();
});
const kept = readSession();
if (kept === null) show(showSignIn(enter));
else
  enter(kept).catch((error) => {
    show(showSignIn(enter));
    failed(error);
  });
