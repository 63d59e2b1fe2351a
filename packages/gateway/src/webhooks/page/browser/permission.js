/**
 * What the key may not do is not offered. No operation of the API tells what a key can do: the first refusal does, and
 * it is true of all that changes anything.
 */

import { Refusal } from "./api.js";
import { button, get } from "./elements.js";

/** @import { Attributes } from "./elements.js" */

/** Why nothing can be done with this key; null as long as nothing is known against it.
 * @type {string | null} */
let why = null;

/**
 * A button that changes something.
 * @param {string} text
 * @param {() => void | Promise<void>} press
 * @param {Attributes} [attributes]
 */
export function writeButton(text, press, attributes = {}) {
  return mark(button(text, () => write(press), attributes));
}

/**
 * Marks what changes something when it is pressed.
 * @template {HTMLElement} T
 * @param {T} made
 */
export function mark(made) {
  made.setAttribute("data-writes", "");
  if (why !== null) disable(made);
  return made;
}

/**
 * Does what changes something, if the key may.
 * @param {() => void | Promise<void>} act
 */
export async function write(act) {
  if (why !== null) throw new Error(why);
  try {
    await act();
  } catch (error) {
    heed(error);
    throw error;
  }
}

/**
 * Learns from an answer to something that was to change something.
 * @param {unknown} error
 */
export function heed(error) {
  if (error instanceof Refusal && error.status === 403) forbid(error.message);
}

/** @param {string} sentence why the key may change nothing */
export function forbid(sentence) {
  why = sentence;
  const place = get("forbidden");
  place.textContent = `You can look, and change nothing. ${sentence}`;
  place.hidden = false;
  for (const made of document.querySelectorAll("[data-writes]")) disable(made);
}

/** Another key: nothing is known against it. */
export function forgetForbidden() {
  why = null;
  get("forbidden").hidden = true;
}

/**
 * Not `disabled`: that would take the focus away from whoever pressed it, and screen readers would pass over the reason.
 * @param {Element} made
 */
function disable(made) {
  made.setAttribute("aria-disabled", "true");
  made.setAttribute("aria-describedby", "forbidden");
}
