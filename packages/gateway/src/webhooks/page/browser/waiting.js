/** Which events wait at an endpoint, and each for what: folded, and there only where something waits. */

import { ask, withQuery } from "./api.js";
import { button, element, whileBusy } from "./elements.js";
import { sayInstant } from "./words.js";

/** @import { Delivery, DeliveryList, Endpoint, Session } from "./api.js" */

const perPage = 25;

/**
 * @param {Session} session
 * @param {string} endpoint
 */
export function makeWaiting(session, endpoint) {
  const path = `/v1/webhook-endpoints/${endpoint}/deliveries`;
  const list = element("ul", { class: "waiting" });
  const more = button("More of what waits", async () => {
    const page = await read(next ?? "");
    const last = list.lastElementChild;
    add(page);
    // Else the focus would be on a button that may be gone, below what has come.
    const first = last?.nextElementSibling;
    if (first instanceof HTMLElement) first.focus();
  });
  const content = element(
    "details",
    { class: "panel" },
    element("summary", {}, "What waits"),
    list,
    more,
  );
  content.hidden = true;
  /** @type {string | null} */
  let next = null;

  /**
   * @param {string} after
   * @returns {Promise<DeliveryList>}
   */
  const read = (after) =>
    ask(session, "GET", withQuery(path, { status: "pending", limit: `${perPage}`, after }));

  /** @param {DeliveryList} page */
  function add({ data, nextCursor }) {
    list.append(...data.map(makeItem));
    next = nextCursor;
    more.hidden = next === null;
  }

  async function draw() {
    const page = await read("");
    list.replaceChildren();
    add(page);
  }

  /** @param {Pick<Endpoint, "health">} endpoint as it stands */
  async function look({ health }) {
    content.hidden = health.pending === 0;
    if (content.hidden || !content.open) return;
    // Whoever has read on, or is reading, isn't moved.
    if (list.childElementCount > perPage || content.matches(":hover, :focus-within")) return;
    await draw();
  }

  content.addEventListener("toggle", () => {
    if (content.open) void whileBusy(list, draw);
  });
  return { look, content };
}

/** @param {Delivery} delivery */
function makeItem(delivery) {
  return element(
    "li",
    { tabindex: "-1" },
    element(
      "p",
      { class: "outcome" },
      element("span", {}, `#${delivery.sequence}`),
      element("span", { class: "type" }, delivery.eventType),
      element("code", {}, delivery.event),
    ),
    element(
      "p",
      { class: "quiet" },
      `Queued ${sayInstant(delivery.queuedAt)}; ${describeWait(delivery)}.`,
    ),
  );
}

/** @param {Pick<Delivery, "waitsFor" | "behind" | "nextAttemptAt">} delivery */
function describeWait({ waitsFor, behind, nextAttemptAt }) {
  const at = nextAttemptAt === null ? "" : sayInstant(nextAttemptAt);
  const words = {
    switched_on: "waits until the endpoint is switched on",
    proof: "waits until the endpoint has proved that it has its secret",
    earlier_event: `waits behind ${behind}`,
    retry: `tried again at ${at}`,
    rest: `waits until the endpoint has rested, at ${at}`,
    turn: "goes out as soon as there is room",
  };
  return waitsFor === null ? "no longer waits" : words[waitsFor];
}
