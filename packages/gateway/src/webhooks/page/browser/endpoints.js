/** All endpoints of a partner, each with how it fares. */

import { ask } from "./api.js";
import { button, element, foreign } from "./elements.js";
import { drawCondition } from "./condition.js";
import { makeReceipts } from "./receipts.js";
import { repeat } from "./repeat.js";

/** @import { Endpoint, EndpointList, Session } from "./api.js" */
/** @import { View } from "./main.js" */

/** A partner has 16 at most. */
const path = "/v1/webhook-endpoints?limit=200";

/** Where the contract says how to make one. */
const reference = "/docs#tag/webhooks/POST/v1/webhook-endpoints";

const lookEveryMs = 5_000;

/**
 * @param {Session} session
 * @param {(error: unknown) => void} failed
 * @returns {Promise<View>}
 */
export async function showEndpoints(session, failed) {
  const list = element("ul", { class: "endpoints" });
  const none = element(
    "p",
    {},
    "There is no endpoint yet. Make one with the API: ",
    element("a", { href: reference }, element("code", {}, "POST /v1/webhook-endpoints")),
    ".",
  );
  /** @type {Map<string, { readonly item: HTMLElement, draw: (endpoint: Endpoint) => void }>} */
  const items = new Map();
  const receipts = makeReceipts(session);

  /** @param {boolean} [isAsked] somebody wants to know now */
  async function look(isAsked = false) {
    /** @type {EndpointList} */
    const { data } = await ask(session, "GET", path);
    none.hidden = data.length > 0;
    const ids = new Set(data.map(({ id }) => id));
    for (const [id, { item }] of items)
      if (!ids.has(id)) {
        item.remove();
        items.delete(id);
      }
    for (const endpoint of data) {
      const known = items.get(endpoint.id);
      if (known !== undefined) known.draw(endpoint);
      else {
        const made = makeItem(endpoint);
        items.set(endpoint.id, made);
        list.append(made.item);
      }
    }
    putInOrder(data);
    await receipts.look(isAsked);
  }

  /**
   * Those in trouble first. Nothing moves under somebody's cursor or focus: that waits for the next look.
   * @param {readonly Endpoint[]} endpoints
   */
  function putInOrder(endpoints) {
    if (list.matches(":hover, :focus-within")) return;
    const wanted = endpoints
      .toSorted((a, b) => Number(isInTrouble(b)) - Number(isInTrouble(a)))
      .map(({ id }) => items.get(id)?.item ?? null);
    // Drawn anew for nothing, a screen reader would lose its place.
    if (wanted.some((item, index) => item !== list.children[index]))
      list.replaceChildren(...wanted.filter((item) => item !== null));
  }

  await look();
  return {
    title: "Endpoints",
    content: element(
      "section",
      {},
      element(
        "div",
        { class: "heading" },
        element("h2", { tabindex: "-1" }, "Endpoints"),
        button("Look again", () => look(true)),
      ),
      receipts.content,
      none,
      list,
    ),
    stop: repeat(look, lookEveryMs, failed),
  };
}

/** @param {Endpoint} endpoint */
function isInTrouble({ health: { status } }) {
  return status !== "healthy";
}

/** @param {Endpoint} first */
function makeItem(first) {
  const link = element("a", { href: `#${first.id}` });
  const description = element("p", { class: "quiet" });
  const condition = element("div");
  const item = element("li", { class: "panel" }, element("h3", {}, link), description, condition);
  /** @param {Endpoint} endpoint */
  const draw = (endpoint) => {
    link.replaceChildren(foreign(endpoint.url));
    description.replaceChildren(foreign(endpoint.description ?? ""));
    description.hidden = (endpoint.description ?? "") === "";
    drawCondition(condition, endpoint);
  };
  draw(first);
  return { item, draw };
}
