import { fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EvergateEvent } from "@evergate/sdk";
import { isReceiverReport, type ReceiverOrder, type ReceiverReport } from "../receiver-messages.ts";
import type { Household } from "./household.ts";

const deliveryTimeoutMs = 20_000;

/** The receiver's process, as the demo sees it. */
export interface Receiver {
  readonly baseUrl: string;
  readonly pid: number;
  /** Has it take what arrives on a path, signed with this secret. */
  open(order: ReceiverOrder): Promise<void>;
  /** Waits until these events have arrived on a path. Rejects where they are not there in time. */
  waitFor(path: string, events: readonly EvergateEvent[]): Promise<void>;
  /** What was verified on a path, in the order in which it arrived, each event once. */
  listVerified(path: string): readonly EvergateEvent[];
  countVerified(): number;
  /** Why deliveries were refused, on all paths. */
  listRefusals(): readonly string[];
}

export async function startReceiver(household: Household, dataFolder: string): Promise<Receiver> {
  const logPath = join(dataFolder, "receiver.log");
  const log = openSync(logPath, "a", 0o600);
  const child = fork(fileURLToPath(new URL("../receiver.ts", import.meta.url)), {
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  household.add(
    child,
    (outcome) => `The webhook receiver ended ${outcome}. Its log is ${logPath}.`,
  );

  const verified = new Map<string, Map<string, EvergateEvent>>();
  const refusals: string[] = [];
  const listeners = new Set<(report: ReceiverReport) => void>();
  child.on("message", (message: unknown) => {
    if (!isReceiverReport(message)) return;
    if (message.kind === "verified") {
      const onPath = verified.get(message.path) ?? new Map<string, EvergateEvent>();
      verified.set(message.path, onPath.set(message.event.id, message.event));
    }
    if (message.kind === "refused") refusals.push(message.reason);
    for (const hear of listeners) hear(message);
  });

  /** Settled with the first answer that `read` gives, now or after a report. */
  function hear<Answer>(
    read: (report: ReceiverReport | null) => Answer | undefined,
    missing: () => string,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const take = (report: ReceiverReport | null): void => {
      const answer = read(report);
      if (answer !== undefined) resolve(answer);
    };
    const timer = setTimeout(() => reject(new Error(missing())), deliveryTimeoutMs);
    listeners.add(take);
    take(null);
    return Promise.race([promise, household.ended]).finally(() => {
      clearTimeout(timer);
      listeners.delete(take);
    });
  }

  const port = await hear(
    (report) => (report?.kind === "listening" ? report.port : undefined),
    () => "The webhook receiver did not start listening.",
  );
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async open(order) {
      child.send(order);
      await hear(
        (report) => (report?.kind === "ready" && report.path === order.path ? true : undefined),
        () => "The webhook receiver did not take its secret.",
      );
    },
    async waitFor(path, events) {
      const findMissing = (): readonly EvergateEvent[] =>
        events.filter(({ id }) => !verified.get(path)?.has(id));
      await hear(
        () => (findMissing().length === 0 ? true : undefined),
        () =>
          `${findMissing().length} of ${events.length} webhooks did not arrive within ${deliveryTimeoutMs / 1000} s.`,
      );
    },
    listVerified: (path) => [...(verified.get(path)?.values() ?? [])],
    countVerified: () => [...verified.values()].reduce((sum, onPath) => sum + onPath.size, 0),
    listRefusals: () => refusals,
  };
}
