import type { Instant } from "@evergate/core";
import type { Sealer } from "../../secrets/sealer.ts";
import type { Dialect, Transaction } from "../../store/store.ts";
import { insertAttempts, type DecidedAttempt } from "../../store/webhook-attempts.ts";
import { finishDeliveries } from "../../store/webhook-deliveries.ts";
import { takeAnswers } from "../receipts/take-answers.ts";

/** An attempt that has been made, and what follows from it. */
export type FinishedAttempt = DecidedAttempt;

/** Stores attempts with what follows from them and what their answers report, in one transaction and few statements however many they are. */
export async function recordFinished(
  tx: Transaction,
  sealer: Sealer,
  dialect: Dialect,
  attempts: readonly FinishedAttempt[],
  now: Instant,
): Promise<void> {
  await finishDeliveries(tx, dialect, attempts, now);
  await insertAttempts(tx, dialect, attempts);
  const taken = attempts.filter(({ error }) => error === null);
  await takeAnswers(tx, sealer, dialect, taken, now);
}
