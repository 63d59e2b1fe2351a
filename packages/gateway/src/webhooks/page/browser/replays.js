/** Replays: counted before they begin, watched while they run. */

import { ask } from "./api.js";
import { choice, element, field, say, whileBusy } from "./elements.js";
import { mark, write, writeButton } from "./permission.js";
import { describeReplay, isUnderWay, sayCount } from "./words.js";

/** @import { Replay, ReplayInput, ReplayList, ReplayPreview, Session } from "./api.js" */

const shownAtMost = "5";

/**
 * @param {Session} session
 * @param {string} endpoint
 * @param {(what: string) => Promise<void>} done something was done: what, in words
 */
export function makeReplays(session, endpoint, done) {
  const path = `/v1/webhook-endpoints/${endpoint}/replays`;
  const list = element("ul", { class: "replays" });
  /** @type {Map<string, { readonly item: HTMLElement, draw: (replay: Replay) => void }>} */
  const items = new Map();
  let isBusy = false;

  const only = choice("replay-only", [
    ["failed", "what was given up"],
    ["all", "everything that it wants"],
  ]);
  const since = element("input", { id: "replay-since", type: "datetime-local" });
  const until = element("input", { id: "replay-until", type: "datetime-local" });
  const types = element("input", {
    id: "replay-types",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "2000",
    placeholder: "subscription.*, bill.issued",
  });
  const counted = element("p", { role: "status" });
  const start = writeButton("Replay", replay, { class: "main" });
  const form = element(
    "form",
    {},
    field("What", only),
    field("Since", since, "Empty: from the first event on."),
    field("Until", until, "Empty: all that there is."),
    field("Types", types, "Divided by commas; empty: all."),
    element("p", { class: "actions" }, mark(element("button", { type: "submit" }, "Count")), start),
    counted,
  );

  /** What was counted; it is what begins then. Null: nothing has been. */
  /** @type {ReturnType<typeof readInput> | null} */
  let input = null;
  start.hidden = true;

  function forgetCount() {
    input = null;
    start.hidden = true;
    counted.textContent = "";
  }

  form.addEventListener("input", forgetCount);
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    void whileBusy(form, () => write(preview));
  });

  async function preview() {
    say("");
    forgetCount();
    const asked = readInput();
    /** @type {ReplayPreview} */
    const { count, isComplete } = await ask(session, "POST", `${path}?preview=true`, asked);
    input = count === 0 ? null : asked;
    start.hidden = count === 0;
    const deliveries = sayCount(count, "delivery", "deliveries");
    counted.textContent =
      count === 0
        ? "There is nothing to replay; what waits goes out by itself."
        : `${isComplete ? "" : "At least "}${deliveries} would be made.`;
    start.textContent = `Replay ${isComplete ? "" : "at least "}${deliveries}`;
  }

  /**
   * The gateway says which of the types it doesn't know.
   * @returns {Omit<ReplayInput, "eventTypes"> & { eventTypes?: readonly string[] }}
   */
  function readInput() {
    const eventTypes = types.value.split(/[\s,]+/).filter((type) => type !== "");
    return {
      only: only.value === "all" ? "all" : "failed",
      ...(since.value === "" ? {} : { since: new Date(since.value).toISOString() }),
      ...(until.value === "" ? {} : { until: new Date(until.value).toISOString() }),
      ...(eventTypes.length === 0 ? {} : { eventTypes }),
    };
  }

  async function replay() {
    if (input === null) return;
    await ask(session, "POST", path, input);
    forgetCount();
    only.focus();
    await done("The replay has begun.");
  }

  async function look() {
    /** @type {ReplayList} */
    const { data } = await ask(session, "GET", `${path}?limit=${shownAtMost}`);
    isBusy = data.some(isUnderWay);
    for (const one of data.toReversed()) {
      const known = items.get(one.id);
      if (known !== undefined) known.draw(one);
      else {
        const made = makeItem(one);
        items.set(one.id, made);
        list.prepend(made.item);
      }
    }
  }

  /** @param {Replay} first */
  function makeItem(first) {
    const text = element("p");
    const progress = element("progress", { "aria-label": "How far the replay has come" });
    const cancel = writeButton("Cancel the replay", async () => {
      await ask(session, "POST", `${path}/${first.id}/cancel`);
      only.focus();
      await done(
        "The replay is canceled; what was put on its way so far is delivered all the same.",
      );
    });
    const item = element("li", {}, text, progress, cancel);
    /** @param {Replay} replay */
    const draw = (replay) => {
      const said = describeReplay(replay);
      if (text.textContent !== said) text.textContent = said;
      progress.hidden = !isUnderWay(replay);
      cancel.hidden = !isUnderWay(replay);
      // Without a value it shows that there is no telling yet.
      if (replay.count === null || replay.count === 0) progress.removeAttribute("value");
      else progress.value = replay.done / replay.count;
    };
    draw(first);
    return { item, draw };
  }

  return {
    look,
    isBusy: () => isBusy,
    content: element(
      "details",
      { class: "panel" },
      element("summary", {}, "Replay"),
      element(
        "p",
        { class: "quiet" },
        "Delivers once more, under the same numbers; what it never had gets its next ones. Count first.",
      ),
      form,
      list,
    ),
  };
}
