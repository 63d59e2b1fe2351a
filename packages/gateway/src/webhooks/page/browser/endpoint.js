/** One endpoint: how it fares, what can be done about it, and the attempts. */

import { ask } from "./api.js";
import { makeAttempts } from "./attempts.js";
import { drawCondition } from "./condition.js";
import { button, element, foreign, say } from "./elements.js";
import { repeat } from "./repeat.js";
import { makeReplays } from "./replays.js";
import { makeSecret } from "./secret.js";
import { sayInstant } from "./words.js";

/** @import { Endpoint, Session } from "./api.js" */
/** @import { View } from "./main.js" */

const lookEveryMs = 5_000;
/** After something was done, its effect is looked for at once. */
const lookAfterMs = [300, 700, 1_500];

/**
 * @param {Session} session
 * @param {string} id
 * @param {(error: unknown) => void} failed
 * @returns {Promise<View>}
 */
export async function showEndpoint(session, id, failed) {
  const path = `/v1/webhook-endpoints/${id}`;
  /** @type {Endpoint} */
  let endpoint = await ask(session, "GET", path);
  /** How long to wait before each of the next looks.
   * @type {number[]} */
  const soon = [];

  const url = element("h2", { tabindex: "-1" }, foreign(endpoint.url));
  const condition = element("div", { class: "condition" });
  const facts = element("dl");
  const attempts = makeAttempts(session, id, done);
  const replays = makeReplays(session, id, done);
  const secret = makeSecret(session, id, draw);

  const turnOn = button("Switch on", () => turn(true));
  const turnOff = button("Switch off", () => turn(false));
  const stopTrying = button("Stop trying", async () => {
    draw(await ask(session, "PATCH", path, { enabled: false }));
    turnOn.focus();
    await done("It is tried no more: what has waited and what happens meanwhile waits.");
  });
  const verify = button("Verify", async () => {
    say("The endpoint is asked to prove that it has its secret …");
    draw(await ask(session, "POST", `${path}/verify`));
    await done("It has proved that it has its secret.");
  });
  const test = button("Send a test event", async () => {
    await ask(session, "POST", `${path}/test`);
    await done("A test event is on its way; what comes of it is among the attempts.");
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
    drawCondition(condition, now);
    drawFacts(facts, now);
    secret.draw(now);
    const isOn = now.enabled && now.health.status !== "disabled";
    turnOn.hidden = isOn;
    turnOff.hidden = !isOn;
    stopTrying.hidden = now.health.status !== "disabled" || now.health.restsUntil === null;
  }

  async function look() {
    draw(await ask(session, "GET", path));
    await attempts.look();
    await replays.look();
  }

  /** @param {string} what */
  async function done(what) {
    say(what);
    soon.push(...lookAfterMs);
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
  await attempts.look();
  await replays.look();
  watch();
  return {
    title: endpoint.url,
    content: element(
      "article",
      {},
      element("p", {}, element("a", { href: "#" }, "← All endpoints")),
      url,
      condition,
      element(
        "div",
        { class: "actions", role: "group", "aria-label": "What to do" },
        test,
        verify,
        secret.button,
        turnOn,
        turnOff,
        stopTrying,
      ),
      element(
        "details",
        { class: "panel" },
        element("summary", {}, "How it is set"),
        facts,
        secret.previous,
      ),
      replays.content,
      attempts.content,
      secret.dialog,
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
    ["Description", endpoint.description ?? ""],
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
    ...facts
      .filter(([, value]) => value !== "")
      .map(([name, value]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, foreign(value))),
      ),
  );
}

/** @param {Endpoint} endpoint */
function describeProof({ challenge, verifiedAt }) {
  const given = verifiedAt === null ? "not given" : `given ${sayInstant(verifiedAt)}`;
  return `${challenge ? "asked for" : "not asked for"}, ${given}`;
}
