/** The attempts to deliver to an endpoint, newest first. */

import { ask, withQuery } from "./api.js";
import { button, choice, element, field, foreign, reveal, whileBusy } from "./elements.js";
import { writeButton } from "./permission.js";
import { describeAttempt, describeNext, sayInstant } from "./words.js";

/** @import { Attempt, AttemptList, Redelivery, Session } from "./api.js" */

const perPage = "25";

/**
 * @param {Session} session
 * @param {string} endpoint
 * @param {(what: string) => Promise<void>} done something was done: what, in words
 */
export function makeAttempts(session, endpoint, done) {
  const path = `/v1/webhook-endpoints/${endpoint}/attempts`;
  const list = element("ol", { class: "attempts" });
  const none = element("p", {}, "There is no attempt.");
  const status = choice("attempt-status", [
    ["", "all"],
    ["failed", "failed"],
    ["succeeded", "succeeded"],
  ]);
  const event = element("input", {
    id: "attempt-event",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "32",
    pattern: " *evt_[0-9a-z]{26} *",
    title: "evt_ and 26 characters",
    placeholder: "evt_…",
  });
  const older = button("Older attempts", async () => {
    const page = await read(next ?? "");
    const last = list.lastElementChild;
    addBelow(page);
    // Else the focus would be on a button that may be gone, below what has come.
    const first = last === null ? list.firstElementChild : last.nextElementSibling;
    if (first instanceof HTMLElement) first.focus();
  });
  /** @type {Map<string, { readonly item: HTMLElement, draw: (attempt: Attempt, isLast: boolean) => void, attempt: Attempt }>} */
  const known = new Map();
  /** @type {string | null} */
  let next = null;
  /** The filters that what is shown was asked with. */
  let filters = { status: "", event: "" };
  /** Counts the filters: an answer to what was asked before is not shown. */
  let turn = 0;

  /**
   * @param {string} after
   * @returns {Promise<AttemptList>}
   */
  const read = (after) =>
    ask(session, "GET", withQuery(path, { ...filters, limit: perPage, after }));

  /** @param {AttemptList} page */
  function addBelow({ data, nextCursor }) {
    for (const attempt of data)
      if (!known.has(attempt.id)) {
        list.append(add(attempt));
      }
    next = nextCursor;
    older.hidden = next === null;
    drawNexts();
  }

  /** @param {Attempt} attempt */
  function add(attempt) {
    const made = makeItem(attempt);
    known.set(attempt.id, { ...made, attempt });
    return made.item;
  }

  /** The API tells of the last attempt of each event what follows; without it in sight, nothing can be said of those before. */
  function drawNexts() {
    const seen = new Set();
    // Ids are made in the order of time.
    for (const [, { attempt, draw }] of [...known].toSorted(([a], [b]) => (a < b ? 1 : -1))) {
      draw(attempt, filters.status === "" && !seen.has(attempt.event));
      seen.add(attempt.event);
    }
  }

  /** What is new goes on top; what is shown stays as it stands, and whoever reads it isn't moved. */
  async function look() {
    const mine = turn;
    const page = await read("");
    if (mine !== turn) return;
    none.hidden = page.data.length > 0;
    const isNewOnly = page.data.every(({ id }) => !known.has(id));
    if (known.size === 0 || isNewOnly) {
      // More has come than fits one page: what is shown would have a gap.
      list.replaceChildren();
      known.clear();
      addBelow(page);
      return;
    }
    for (const attempt of page.data.toReversed()) {
      const shown = known.get(attempt.id);
      if (shown === undefined) list.prepend(add(attempt));
      else shown.attempt = attempt;
    }
    drawNexts();
  }

  /** @param {Attempt} attempt */
  function makeItem(attempt) {
    const hasSucceeded = attempt.status === "succeeded";
    const what = element("p", { class: "quiet" });
    const again = writeButton("Deliver once more", () => redeliver(attempt.event), {
      "aria-label": `Deliver once more: ${attempt.event}`,
    });
    const item = element(
      "li",
      { class: "panel", tabindex: "-1" },
      element(
        "p",
        { class: "outcome" },
        element(
          "strong",
          { class: `badge ${hasSucceeded ? "good" : "bad"}` },
          hasSucceeded ? "Succeeded" : "Failed",
        ),
        " ",
        element(
          "span",
          { class: "status" },
          attempt.responseStatus === null ? "no answer" : `${attempt.responseStatus}`,
        ),
        " ",
        element("span", { class: "type" }, attempt.eventType),
        " ",
        element("time", { datetime: attempt.attemptedAt }, sayInstant(attempt.attemptedAt)),
      ),
      attempt.error === null ? null : element("p", { class: "error" }, foreign(attempt.error)),
      what,
      attempt.responseExcerpt === null
        ? null
        : element(
            "details",
            // Of a failure it is what one wants to know first.
            hasSucceeded ? {} : { open: "" },
            element("summary", {}, "What it answered"),
            element(
              "pre",
              { dir: "auto", tabindex: "0", "aria-label": "The beginning of its answer" },
              reveal(attempt.responseExcerpt),
            ),
          ),
      element(
        "p",
        { class: "actions" },
        again,
        button("Only this event", () => onlyEvent(attempt.event), {
          "aria-label": `Only this event: ${attempt.event}`,
        }),
        element("code", {}, attempt.event),
      ),
    );
    /**
     * @param {Attempt} now
     * @param {boolean} isLast
     */
    const draw = (now, isLast) => {
      const said = `${describeAttempt(now)}. ${describeNext(now, isLast)}`.trim();
      if (what.textContent !== said) what.textContent = said;
    };
    return { item, draw };
  }

  /** @param {string} id */
  async function redeliver(id) {
    /** @type {Redelivery} */
    const { deliveries } = await ask(session, "POST", `/v1/events/${id}/redeliver`, { endpoint });
    const numbers = deliveries.map(({ sequence }) => `${sequence}`).join(", ");
    await done(`${id} is on its way once more, under its number ${numbers}.`);
  }

  /** @param {string} id */
  async function onlyEvent(id) {
    event.value = id;
    await filter();
    event.focus();
  }

  async function filter() {
    turn += 1;
    filters = { status: status.value, event: event.value.trim() };
    list.replaceChildren();
    known.clear();
    await look();
  }

  const form = element(
    "form",
    { class: "filters" },
    field("Which", status),
    field("Event", event),
    element("button", { type: "submit" }, "Filter"),
  );
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    void whileBusy(form, filter);
  });
  status.addEventListener("change", () => void whileBusy(form, filter));
  older.hidden = true;
  return {
    look,
    content: element(
      "section",
      { "aria-labelledby": "attempts" },
      element("h3", { id: "attempts" }, "Attempts"),
      element("p", { class: "quiet" }, "Newest first; they are kept for 30 days."),
      form,
      none,
      list,
      older,
    ),
  };
}
