import { element } from "./elements.js";
import { describeCondition } from "./words.js";

/** @import { Endpoint } from "./api.js" */

/**
 * Draws how an endpoint fares, if it has changed: a screen reader that reads it isn't interrupted.
 * @param {HTMLElement} place
 * @param {Endpoint} endpoint
 */
export function drawCondition(place, endpoint) {
  const { kind, name, sentences } = describeCondition(endpoint);
  const text = [name, ...sentences].join(" ");
  if (place.textContent === text) return;
  place.replaceChildren(
    element("strong", { class: `badge ${kind}` }, name),
    ...sentences.flatMap((sentence) => [" ", element("span", {}, sentence)]),
  );
}
