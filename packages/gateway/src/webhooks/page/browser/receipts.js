/** Receipts that did not come in time or say no: a line where there are any, and under it which. */

import { ask } from "./api.js";
import { element, foreign, whileBusy } from "./elements.js";
import { describeReceipt, describeReceipts } from "./words.js";

/** @import { Receipt, ReceiptList, Session } from "./api.js" */

/** Whoever waited an hour for a receipt can wait a minute to see that it is overdue. */
const lookEveryMs = 60_000;
const listedOfEach = 25;

/** @param {Session} session */
export function makeReceipts(session) {
  const summary = element("summary");
  const list = element("ul", { class: "receipts" });
  const more = element("p", { class: "quiet" });
  const content = element("details", { class: "panel" }, summary, list, more);
  content.hidden = true;
  let lookedAt = -lookEveryMs;

  /**
   * @param {"overdue" | "rejected"} status
   * @param {number} limit
   * @returns {Promise<ReceiptList>}
   */
  const read = (status, limit) =>
    ask(session, "GET", `/v1/receipts?status=${status}&limit=${limit}`);

  /** @param {boolean} [isAsked] somebody wants to know now */
  async function look(isAsked = false) {
    if (!isAsked && performance.now() - lookedAt < lookEveryMs) return;
    lookedAt = performance.now();
    const limit = content.open ? listedOfEach : 1;
    const overdue = await read("overdue", limit);
    const rejected = await read("rejected", limit);
    const said = describeReceipts(overdue.data.length > 0, rejected.data.length > 0);
    content.hidden = said === "";
    if (summary.textContent !== said) summary.textContent = said;
    // Nothing is drawn anew under somebody's cursor.
    if (content.open && !content.matches(":hover, :focus-within")) draw(overdue, rejected);
  }

  /**
   * @param {ReceiptList} overdue
   * @param {ReceiptList} rejected
   */
  function draw(overdue, rejected) {
    list.replaceChildren(...[...overdue.data, ...rejected.data].map(makeItem));
    const hasMore = overdue.nextCursor !== null || rejected.nextCursor !== null;
    more.textContent = hasMore
      ? `The newest ${listedOfEach} of each; GET /v1/receipts lists them all.`
      : "";
    more.hidden = !hasMore;
  }

  content.addEventListener("toggle", () => {
    if (content.open)
      void whileBusy(list, async () =>
        draw(await read("overdue", listedOfEach), await read("rejected", listedOfEach)),
      );
  });
  return { look, content };
}

/** @param {Receipt} receipt */
function makeItem(receipt) {
  const { status, event, eventType, endpoint, detail } = receipt;
  return element(
    "li",
    {},
    element(
      "p",
      { class: "outcome" },
      element("strong", { class: "badge bad" }, status === "overdue" ? "Overdue" : "Rejected"),
      element("span", { class: "type" }, eventType),
      element("code", {}, event),
    ),
    element(
      "p",
      { class: "quiet" },
      `${describeReceipt(receipt)} Endpoint `,
      element("a", { href: `#${endpoint}` }, endpoint),
    ),
    detail === null ? null : element("p", { class: "error" }, foreign(detail)),
  );
}
