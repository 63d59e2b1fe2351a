/** What the page says of what the API answers. The page is in English throughout, dates and numbers included. */

/** @import { Attempt, Endpoint, Receipt, Replay } from "./api.js" */

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
 * @property {string | null} why what the newest failed attempt failed of; it may have words of others in it
 */

/**
 * @param {Pick<Endpoint, "enabled" | "challenge" | "verifiedAt" | "health">} endpoint
 * @returns {Condition}
 */
export function describeCondition(endpoint) {
  const { health } = endpoint;
  const waiting = describeWaiting(endpoint);
  const why = health.lastError;
  if (health.status === "disabled")
    return {
      kind: "bad",
      name: "Disabled",
      sentences: [
        sinceWhen(
          health.disabledAt,
          health.reason === "gone"
            ? "it answered 410 and is gone for good"
            : "it took nothing for five days",
        ),
        describeProbes(endpoint),
        ...waiting,
      ],
      // That it answered 410 has been said.
      why: health.reason === "gone" ? null : why,
    };
  if (!endpoint.enabled)
    return {
      kind: "off",
      name: "Switched off",
      sentences: ["Nothing is sent until you switch it on.", ...waiting],
      why,
    };
  if (endpoint.challenge && endpoint.verifiedAt === null)
    return {
      kind: "off",
      name: "Not verified",
      sentences: [
        "Nothing is sent until it has proved that it has its secret: set up your receiver, then press “Verify”.",
        ...waiting,
      ],
      why,
    };
  // A rest that ends with the next retry need not be told twice.
  const rest = [
    ...(health.restsUntil === null || health.restsUntil === health.nextAttemptAt
      ? []
      : [`It rests: nothing is sent before ${sayInstant(health.restsUntil)}.`]),
    ...(health.nextAttemptAt === null
      ? []
      : [`The next retry is due at ${sayInstant(health.nextAttemptAt)}.`]),
  ];
  if (health.status === "failing")
    return {
      kind: "bad",
      name: "Failing",
      sentences: [sinceWhen(health.failingSince, "it has taken nothing"), ...rest, ...waiting],
      why,
    };
  if (health.lastSuccessAt !== null)
    return {
      kind: "good",
      name: "Delivering",
      sentences: [
        `It last took an event about ${sayInstant(health.lastSuccessAt)}.`,
        ...rest,
        ...waiting,
      ],
      why,
    };
  const hasTried = health.lastFailureAt !== null;
  return {
    kind: health.pending === 0 && !hasTried ? "good" : "off",
    name: hasTried ? "Nothing taken yet" : health.pending === 0 ? "Ready" : "Not tried yet",
    sentences: [
      health.lastFailureAt === null
        ? "Nothing has been delivered to it yet."
        : `An attempt failed at ${sayInstant(health.lastFailureAt)}.`,
      ...rest,
      ...waiting,
    ],
    why,
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

/**
 * @param {string | null} instant
 * @param {string} what
 */
function sinceWhen(instant, what) {
  if (instant === null) return `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  return `Since ${sayInstant(instant)}: ${what}.`;
}

/**
 * @param {Pick<Endpoint, "health">} endpoint
 * @returns {readonly string[]}
 */
function describeWaiting({ health: { pending, oldestPendingAt } }) {
  if (pending === 0) return ["No event waits."];
  const count = countWaiting(pending);
  const oldest =
    oldestPendingAt === null
      ? ""
      : `, ${pending === 1 ? "" : "the first "}since ${sayInstant(oldestPendingAt)}`;
  return [`${count}${oldest}. None is lost.`];
}

/** @param {number} pending */
function countWaiting(pending) {
  // The API counts no further.
  if (pending >= 1_000) return "1,000 events or more wait";
  return `${sayCount(pending, "event")} ${pending === 1 ? "waits" : "wait"}`;
}

/**
 * What becomes of a test event that is made at an endpoint as it stands.
 * @param {Pick<Endpoint, "enabled" | "challenge" | "verifiedAt" | "ordering" | "health">} endpoint
 */
export function describeTest(endpoint) {
  const { health } = endpoint;
  if (health.status === "disabled")
    return `The test event waits with the others, as the endpoint is disabled. ${describeProbes(endpoint)}`;
  if (!endpoint.enabled) return "The test event waits: nothing is sent until you switch it on.";
  if (endpoint.challenge && endpoint.verifiedAt === null)
    return "The test event waits until the endpoint has proved that it has its secret: press “Verify”.";
  if (health.restsUntil !== null)
    return `The test event waits: the endpoint rests, and nothing is sent before ${sayInstant(health.restsUntil)}.`;
  if (health.status === "failing" && health.pending > 0)
    return endpoint.ordering === "fifo"
      ? "The test event waits: with one order for everything it goes out after what failed before it."
      : // Test events have an order among themselves.
        "A test event is on its way, unless an earlier one still waits to be tried again: then it goes out after that.";
  return "A test event is on its way; what comes of it is among the attempts.";
}

/**
 * What goes with an endpoint that is deleted.
 * @param {Pick<Endpoint, "health">} endpoint
 */
export function describeLoss({ health: { pending } }) {
  const waiting =
    pending === 0 ? "" : ` ${countWaiting(pending)} for it, and will not be delivered to it.`;
  return `Nothing is delivered to it any more, and its attempts, replays and owed receipts are gone with it. It can't be undone.${waiting} Events stay in GET /v1/events.`;
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

/**
 * Whether there is anything to see to among the receipts; empty where there is nothing.
 * @param {boolean} hasOverdue
 * @param {boolean} hasRejected
 */
export function describeReceipts(hasOverdue, hasRejected) {
  if (hasOverdue && hasRejected)
    return "Overdue and rejected receipts of the partner: some events were not reported in time, others could not be applied.";
  if (hasOverdue)
    return "Overdue receipts of the partner: of some events nobody has said in time that they were applied.";
  return hasRejected ? "Rejected receipts of the partner: some events could not be applied." : "";
}

/** @param {Pick<Receipt, "status" | "dueAt" | "answeredAt">} receipt */
export function describeReceipt({ status, dueAt, answeredAt }) {
  return status === "rejected" && answeredAt !== null
    ? `Rejected at ${sayInstant(answeredAt)}.`
    : `It was due at ${sayInstant(dueAt)}.`;
}
