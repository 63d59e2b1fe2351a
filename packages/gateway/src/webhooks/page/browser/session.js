/** The key that was typed in: it is kept for this tab alone, and goes with it. */

/** @import { Session } from "./api.js" */

const name = "evergate.webhooks";

/** @returns {Session | null} */
export function readSession() {
  const text = sessionStorage.getItem(name);
  if (text === null) return null;
  const { key, partner, actor } = JSON.parse(text);
  return { key: String(key), partner: String(partner), actor: String(actor) };
}

/** @param {Session} session */
export function keepSession(session) {
  sessionStorage.setItem(name, JSON.stringify(session));
}

export function forgetSession() {
  sessionStorage.removeItem(name);
}
