import type { EvergateEvent } from "@evergate/sdk";
import { makeId } from "../../ids.ts";
import { makeEndpointSecret } from "../../webhooks/endpoints/endpoint-secret.ts";
import { wantsType } from "../../webhooks/endpoints/wants-event.ts";
import type { Environment, Flags } from "../command.ts";
import { connectToSandbox } from "../connect-to-sandbox.ts";
import { findStart } from "./find-start.ts";
import { createForwarder } from "./forwarder.ts";
import { createProgress } from "./progress.ts";
import { createReport } from "./report.ts";
import { createKeeper, readRemembered, type Remembered } from "./remembered.ts";
import { openTarget } from "./target.ts";
import { checkSame, readWanted } from "./wanted.ts";

/** As many as the gateway has under way to an endpoint by default. */
const concurrency = 8;

/** No more events are taken than this beyond the first that isn't done. */
const mostAtOnce = 5_000;

/** How long attempts under way are waited for at the end. */
const graceMs = 3_000;

/** Follows a sandbox's events, and hands each on, signed as the gateway's own deliveries are, until a signal ends it. */
export async function runListen(flags: Flags, env: Environment): Promise<number> {
  const wanted = readWanted(flags);
  const { evergate, url, partner } = await connectToSandbox(flags, env);
  const before = wanted.path === null ? null : await readRemembered(wanted.path);
  if (before !== null) checkSame(before, wanted, partner.id);
  const endpoint = {
    partner: partner.id,
    endpoint: before?.endpoint ?? makeId("wh"),
    secret: wanted.secret ?? before?.secret ?? makeEndpointSecret(),
    eventTypes: wanted.eventTypes,
  };
  const after = before === null ? await findStart(evergate, wanted.since) : before.after;
  const progress = createProgress(before ?? { after, sequence: 0, done: [] });

  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  // Whoever read what is printed has gone.
  process.stdout.once("error", end);

  const report = createReport(wanted.printsJson ? process.stderr : process.stdout);
  const keeper =
    wanted.path === null
      ? null
      : createKeeper(wanted.path, () => ({ ...endpoint, ...progress.mark() }), end);
  await keeper?.finish();
  const target = wanted.target === null ? null : openTarget(wanted.target, endpoint.secret);
  let room = Promise.withResolvers<void>();
  const forwarder =
    target === null
      ? null
      : createForwarder({
          send: (item) => target.send(item),
          timeoutMs: target.timeoutMs,
          concurrency,
          retries: wanted.retries,
          tell: (told) => report.attempt(told),
          settled({ event }) {
            progress.settle(event);
            keeper?.keep();
            room.resolve();
            room = Promise.withResolvers<void>();
          },
        });

  report.begin([
    ["Sandbox", `${partner.name}, ${partner.id}, at ${url}`],
    ["Events", `${wanted.eventTypes.join(", ")}, ${describeStart(before, wanted.since)}`],
    ...(wanted.target === null
      ? []
      : ([
          ["Forwarded", `to ${wanted.target}`],
          ["Endpoint", endpoint.endpoint],
          ["Secret", endpoint.secret],
        ] as const)),
  ]);

  function take(event: EvergateEvent): void {
    const { id, type, timestamp, data } = event;
    const sequence = progress.take(id, wantsType(wanted.eventTypes, type));
    if (sequence === null) return;
    const delivery = { endpoint: endpoint.endpoint, sequence };
    const body = JSON.stringify({ type, timestamp, data, delivery });
    if (wanted.printsJson) process.stdout.write(`${body}\n`);
    if (forwarder !== null) forwarder.add({ event: id, type, lane: laneOf(event), sequence, body });
    else {
      if (!wanted.printsJson) report.event(event);
      progress.settle(id);
    }
  }
  const ended = new Promise<void>((resolve) => {
    ending.signal.addEventListener("abort", () => resolve());
  });
  try {
    const following = evergate.events.follow(after === null ? {} : { after }, {
      signal: ending.signal,
      onInterrupted: (error, retryInMs) => report.interrupted(error, retryInMs),
    });
    for await (const event of following) {
      take(event);
      keeper?.keep();
      while (progress.count() >= mostAtOnce && !ending.signal.aborted)
        await Promise.race([room.promise, ended]);
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    await Promise.race([
      forwarder?.stop(),
      new Promise((resolve) => setTimeout(resolve, graceMs).unref()),
    ]);
    await target?.close();
    await keeper?.finish();
  }
  const count = progress.waiting();
  if (count > 0)
    report.say(
      `${count} ${count === 1 ? "event was" : "events were"} not accepted${wanted.path === null ? "; --remember <file> keeps them for the next time" : " yet; the next time goes on with them"}.`,
    );
  return 0;
}

function describeStart(before: Remembered | null, since: string | null): string {
  if (before !== null) return `on from number ${before.sequence + 1}`;
  if (since === null) return "from now on";
  return since === "start" ? "from the first on" : `since ${since}`;
}

/** Whatever belongs to one subscription stays in order, its charges included; else what an event is about. */
function laneOf({ id, data }: EvergateEvent): string {
  const subject: unknown = "subscription" in data ? data.subscription : data.id;
  return typeof subject === "string" ? subject : id;
}
