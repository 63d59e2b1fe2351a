/** What the page says of what the API answers. The page is in English throughout, dates and numbers included. */

/** @import { Attempt, Endpoint, Replay } from "./api.js" */

const instants = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const numbers = new Intl.NumberFormat("en-GB");

/** @param {string} instant */
export function sayInstant(instant) {
  return instants.format(new Date(instant));
}

/** @param {number} number */
export function sayNumber(number) {
  return numbers.format(number);
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function sayCount(count, one, many = `${one}s`) {
  return `${sayNumber(count)} ${count === 1 ? one : many}`;
}

/**
 * How an endpoint fares.
 * @typedef {object} Condition
 * @property {"good" | "bad" | "off"} kind
 * @property {string} name in a word or two
 * @property {readonly string[]} sentences
 */

/**
 * @param {Pick<Endpoint, "enabled" | "challenge" | "verifiedAt" | "health">} endpoint
 * @returns {Condition}
 */
export function describeCondition(endpoint) {
  const { health } = endpoint;
  const waiting = describeWaiting(endpoint);
  if (health.status === "disabled")
    return {
      kind: "bad",
      name: "Disabled",
      sentences: [
        `Disabled${sinceWhen(health.disabledAt)}, because it ${health.reason === "gone" ? "answered 410: it is gone for good" : "took nothing for five days"}.`,
        describeProbes(endpoint),
        ...waiting,
      ],
    };
  if (!endpoint.enabled)
    return {
      kind: "off",
      name: "Switched off",
      sentences: ["Nothing is sent until you switch it on.", ...waiting],
    };
  if (endpoint.challenge && endpoint.verifiedAt === null)
    return {
      kind: "off",
      name: "Not verified",
      sentences: [
        "Nothing is sent until it has proved that it has its secret: set up your receiver, then press “Verify”.",
        ...waiting,
      ],
    };
  const rest =
    health.restsUntil === null
      ? []
      : [`It rests: nothing is sent before ${sayInstant(health.restsUntil)}.`];
  if (health.status === "failing")
    return {
      kind: "bad",
      name: "Failing",
      sentences: [
        `Failing${sinceWhen(health.failingSince)}: it has taken nothing since then.`,
        ...rest,
        ...waiting,
      ],
    };
  return {
    kind: "good",
    name: "Delivering",
    sentences: [
      health.lastSuccessAt === null
        ? "Nothing has been delivered to it yet."
        : `It last took an event about ${sayInstant(health.lastSuccessAt)}.`,
      ...rest,
      ...waiting,
    ],
  };
}

/**
 * What happens to an endpoint that is disabled. It is not `enabled` then, whoever switched it off.
 * @param {Pick<Endpoint, "health">} endpoint
 */
function describeProbes({ health: { reason, restsUntil } }) {
  if (reason === "gone") return "Nothing is sent until you switch it on.";
  return restsUntil === null
    ? "Switch it on, and what waits is sent."
    : `It is tried again at ${sayInstant(restsUntil)}, and goes on by itself once it answers; or switch it on now.`;
}

/** @param {string | null} instant */
function sinceWhen(instant) {
  return instant === null ? "" : ` since ${sayInstant(instant)}`;
}

/**
 * @param {Pick<Endpoint, "health">} endpoint
 * @returns {readonly string[]}
 */
function describeWaiting({ health: { pending, oldestPendingAt } }) {
  if (pending === 0) return ["No event waits."];
  // The API counts no further.
  const count =
    pending >= 1_000
      ? "1,000 events or more wait"
      : `${sayCount(pending, "event")} ${pending === 1 ? "waits" : "wait"}`;
  const oldest =
    oldestPendingAt === null
      ? ""
      : `, ${pending === 1 ? "" : "the first "}since ${sayInstant(oldestPendingAt)}`;
  return [`${count}${oldest}. None is lost.`];
}

/**
 * What came of an attempt, in a line.
 * @param {Attempt} attempt
 */
export function describeAttempt({ attempt, address, durationMs }) {
  const where = address === null ? "no connection came about" : `at ${address}`;
  return `Attempt ${sayNumber(attempt)}, ${sayNumber(durationMs)} ms, ${where}`;
}

/**
 * What follows a failed attempt.
 * @param {Pick<Attempt, "status" | "nextAttemptAt" | "givenUp">} attempt
 * @param {boolean} isLast whether it is known to be the last of its event so far
 */
export function describeNext({ status, nextAttemptAt, givenUp }, isLast) {
  if (status === "succeeded") return "";
  // What became of it afterwards other attempts tell, and the endpoint.
  if (givenUp) return "With it the event was given up.";
  if (!isLast) return "";
  return nextAttemptAt === null
    ? "The event waits to be tried again."
    : `The next attempt is due at ${sayInstant(nextAttemptAt)}.`;
}

const statuses = /** @type {const} */ ({
  counting: "Counting what there is to do",
  running: "Under way",
  completed: "Completed",
  canceled: "Canceled",
});

/** @param {Replay} replay */
export function describeReplay({ status, only, since, until, eventTypes, count, done }) {
  const what = {
    failed: "what was given up",
    all: "everything it wants",
    missing: "what it missed",
  };
  return [
    `${statuses[status]}:`,
    count === null ? `${sayNumber(done)} so far,` : `${sayNumber(done)} of ${sayNumber(count)},`,
    what[only],
    since === null ? "" : `since ${sayInstant(since)}`,
    until === null ? "" : `until ${sayInstant(until)}`,
    eventTypes === null ? "" : `(${eventTypes.join(", ")})`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** @param {Pick<Replay, "status">} replay */
export function isUnderWay({ status }) {
  return status === "counting" || status === "running";
}
