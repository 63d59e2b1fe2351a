/** One endpoint: how it fares, what can be done about it, and the attempts. */

import { ask, Refusal } from "./api.js";
import { makeAttempts } from "./attempts.js";
import { drawCondition } from "./condition.js";
import { element, foreign, say } from "./elements.js";
import { writeButton } from "./permission.js";
import { makeReceipts } from "./receipts.js";
import { makeRemoval } from "./removal.js";
import { repeat } from "./repeat.js";
import { makeReplays } from "./replays.js";
import { makeSecret } from "./secret.js";
import { makeWaiting } from "./waiting.js";
import { describeTest, sayInstant } from "./words.js";

/** @import { Endpoint, Session } from "./api.js" */
/** @import { View } from "./main.js" */

const lookEveryMs = 5_000;
/** After something was done, its effect is looked for at once, and for the 15 seconds that an attempt may take. */
const lookAfterMs = [300, 700, 1_000, 2_000, 2_000, 3_000, 3_000, 3_000];

/**
 * @param {Session} session
 * @param {string} id
 * @param {(error: unknown) => void} failed
 * @param {(what: string) => Promise<void>} gone it is deleted: what to say of it
 * @returns {Promise<View>}
 */
export async function showEndpoint(session, id, failed, gone) {
  const path = `/v1/webhook-endpoints/${id}`;
  /** @type {Endpoint} */
  let endpoint = await ask(session, "GET", path);
  /** How long to wait before each of the next looks.
   * @type {number[]} */
  const soon = [];

  const url = element("h2", { tabindex: "-1" }, foreign(endpoint.url));
  const description = element("p", { class: "quiet" });
  const condition = element("div", { class: "condition" });
  const facts = element("dl");
  const attempts = makeAttempts(session, id, done);
  const replays = makeReplays(session, id, done);
  const receipts = makeReceipts(session);
  const waiting = makeWaiting(session, id);
  const secret = makeSecret(session, id, draw);
  const removal = makeRemoval(
    session,
    () => endpoint,
    (what) => {
      // Until the other view is there, nothing more is asked about what is gone.
      stop();
      return gone(what);
    },
  );

  const turnOn = writeButton("Switch on", () => turn(true));
  const turnOff = writeButton("Switch off", () => turn(false));
  const stopTrying = writeButton("Stop trying", async () => {
    draw(await ask(session, "PATCH", path, { enabled: false }));
    turnOn.focus();
    await done("It is tried no more: what has waited and what happens meanwhile waits.");
  });
  const tryNow = writeButton("Try now", async () => {
    draw(await ask(session, "PATCH", path, { enabled: true }));
    turnOff.focus();
    await done("What has failed is tried at once, in order.");
  });
  const verify = writeButton("Verify", async () => {
    say("The endpoint is asked to prove that it has its secret …");
    try {
      draw(await ask(session, "POST", `${path}/verify`));
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 403) throw error;
      throw new Error(`Verifying failed. ${error.message}`, { cause: error });
    }
    await done("It has proved that it has its secret.");
  });
  const test = writeButton("Send a test event", async () => {
    // What is shown may be some seconds old.
    draw(await ask(session, "GET", path));
    const said = describeTest(endpoint);
    await ask(session, "POST", `${path}/test`);
    await done(said);
  });

  /** @param {boolean} enabled */
  async function turn(enabled) {
    draw(await ask(session, "PATCH", path, { enabled }));
    (enabled ? turnOff : turnOn).focus();
    await done(
      enabled
        ? "It is switched on: what has waited goes out in order."
        : "It is switched off: what happens meanwhile waits.",
    );
  }

  /** @param {Endpoint} now */
  function draw(now) {
    endpoint = now;
    url.replaceChildren(foreign(now.url));
    description.replaceChildren(foreign(now.description ?? ""));
    description.hidden = (now.description ?? "") === "";
    drawCondition(condition, now);
    drawFacts(facts, now);
    secret.draw(now);
    const isOn = now.enabled && now.health.status !== "disabled";
    turnOn.hidden = isOn;
    turnOff.hidden = !isOn;
    tryNow.hidden = !isOn || (now.health.nextAttemptAt ?? now.health.restsUntil) === null;
    stopTrying.hidden = now.health.status !== "disabled" || now.health.restsUntil === null;
  }

  async function look() {
    draw(await ask(session, "GET", path));
    await waiting.look(endpoint);
    await attempts.look();
    await replays.look();
    if (endpoint.receipts !== null) await receipts.look();
  }

  /** @param {string} what */
  async function done(what) {
    say(what);
    soon.splice(0, soon.length, ...lookAfterMs);
    watch();
    await look();
  }

  /** @type {() => void} */
  let stop = () => {};
  function watch() {
    stop();
    stop = repeat(look, () => soon.shift() ?? (replays.isBusy() ? 1_000 : lookEveryMs), failed);
  }

  draw(endpoint);
  await waiting.look(endpoint);
  await attempts.look();
  await replays.look();
  if (endpoint.receipts !== null) await receipts.look();
  watch();
  return {
    title: endpoint.url,
    content: element(
      "article",
      {},
      element("p", {}, element("a", { href: "#" }, "← All endpoints")),
      url,
      description,
      condition,
      element(
        "div",
        { class: "actions", role: "group", "aria-label": "What to do" },
        test,
        verify,
        secret.button,
        tryNow,
        turnOn,
        turnOff,
        stopTrying,
        removal.button,
      ),
      secret.previous,
      waiting.content,
      receipts.content,
      element("details", { class: "panel" }, element("summary", {}, "How it is set"), facts),
      replays.content,
      attempts.content,
      secret.dialog,
      removal.dialog,
    ),
    stop: () => stop(),
  };
}

/**
 * @param {HTMLElement} list
 * @param {Endpoint} endpoint
 */
function drawFacts(list, endpoint) {
  const { health } = endpoint;
  /** @type {readonly (readonly [string, string])[]} */
  const facts = [
    ["Id", endpoint.id],
    ["Events", endpoint.eventTypes.join(", ")],
    ["Products", endpoint.filters.products?.join(", ") ?? "all"],
    ["Mode", endpoint.filters.mode ?? "whichever"],
    ["Bodies", endpoint.payload],
    ["Order", endpoint.ordering === "fifo" ? "one for everything" : "of each subscription"],
    [
      "At once",
      endpoint.concurrency === null ? "as the gateway is set" : `${endpoint.concurrency}`,
    ],
    ["Headers", Object.keys(endpoint.headers).join(", ") || "none of its own"],
    ["Signatures", endpoint.signatures.join(", ")],
    ["Proof of the secret", describeProof(endpoint)],
    ["Secret set", sayInstant(endpoint.secretSetAt)],
    ["Last number given", `${health.lastSequence}`],
    [
      "Last success, about",
      health.lastSuccessAt === null ? "never" : sayInstant(health.lastSuccessAt),
    ],
    ["Last failure", health.lastFailureAt === null ? "never" : sayInstant(health.lastFailureAt)],
    ["Made", sayInstant(endpoint.createdAt)],
  ];
  list.replaceChildren(
    ...facts.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, foreign(value))),
    ),
  );
}

/** @param {Endpoint} endpoint */
function describeProof({ challenge, verifiedAt }) {
  const given = verifiedAt === null ? "not given" : `given ${sayInstant(verifiedAt)}`;
  return `${challenge ? "asked for" : "not asked for"}, ${given}`;
}
