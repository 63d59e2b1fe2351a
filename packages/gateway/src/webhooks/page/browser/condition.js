import { element, foreign } from "./elements.js";
import { describeCondition } from "./words.js";

/** @import { Endpoint } from "./api.js" */

/** What was drawn last, in each place.
 * @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();

/**
 * Draws how an endpoint fares, if it has changed: a screen reader that reads it isn't interrupted.
 * @param {HTMLElement} place
 * @param {Endpoint} endpoint
 */
export function drawCondition(place, endpoint) {
  const condition = describeCondition(endpoint);
  const text = JSON.stringify(condition);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const { kind, name, sentences, why } = condition;
  const badge = element("strong", { class: `badge ${kind}` }, name);
  const said = sentences.flatMap((sentence) => [" ", element("span", {}, sentence)]);
  if (why === null) return place.replaceChildren(element("p", {}, badge, ...said));
  place.replaceChildren(
    element("p", {}, badge, ...said.slice(0, 2)),
    element("p", { class: "error" }, "Newest failure: ", foreign(why)),
    element("p", {}, ...said.slice(2)),
  );
}
