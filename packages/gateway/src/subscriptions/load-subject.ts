import {
  advance,
  toProductId,
  type Accepted,
  type Context,
  type Fact,
  type ProductId,
  type Subscription,
} from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { PartnerReadWorld, PartnerWriteWorld } from "../app/world.ts";
import { findProductByCode } from "../store/catalogue.ts";
import { lockCustomer } from "../store/customers.ts";
import type { Reader } from "../store/store.ts";
import { findSubscription, lockSubscription } from "../store/subscriptions.ts";
import { loadContext } from "./load-context.ts";
import { saveProgress } from "./save-progress.ts";
import { toWireSubscription, type WireSubscription } from "./to-wire.ts";

/** A locked subscription at the command's instant, with what the clock had still to do for it (R2). */
export interface Subject {
  readonly subscription: Subscription;
  readonly clockFacts: readonly Fact[];
  readonly context: Context;
}

/**
 * Locks a subscription and carries out what is due.
 * Throws `not_found`, also for another partner's; then `version_mismatch` where `If-Match` names another version.
 */
export async function loadSubject(
  world: PartnerWriteWorld,
  reference: string,
  named: readonly ProductId[] = [],
): Promise<Subject> {
  const { tx, partner, services } = world;
  const stored = await lockSubscription(tx, services.store.dialect, partner.id, reference);
  return prepareSubject({ ...world, db: tx }, stored, reference, named);
}

/** The same without a lock, for who only wants to know what would come of an order. */
export async function findSubject(
  world: PartnerReadWorld,
  reference: string,
  named: readonly ProductId[],
): Promise<Subject> {
  const stored = await findSubscription(world.db, world.partner.id, reference);
  return prepareSubject(world, stored, reference, named);
}

async function prepareSubject(
  { db, partner, at, ifMatch }: Pick<PartnerReadWorld, "db" | "partner" | "at" | "ifMatch">,
  stored: Subscription | undefined,
  reference: string,
  named: readonly ProductId[],
): Promise<Subject> {
  if (stored === undefined)
    throw new ProblemError("not_found", `You have no subscription ${reference}.`);
  const context = await loadContext(db, partner, [stored], named);
  const { subscription, facts } = advance(stored, at, context);
  if (ifMatch !== null && !isMatch(ifMatch, subscription.version))
    throw new ProblemError(
      "version_mismatch",
      `The subscription is at version ${subscription.version} by now. Read it again and decide anew.`,
    );
  return { subscription, clockFacts: facts, context };
}

/**
 * Locks the customer of a subscription, before the subscription itself as everybody does: a beginning still to come and a
 * licence that covers it must not be made at the same time, unaware of each other (R14).
 */
export async function lockCustomerOf(
  { tx, partner, services }: PartnerWriteWorld,
  reference: string,
): Promise<void> {
  const found = await findSubscription(tx, partner.id, reference);
  if (found !== undefined)
    await lockCustomer(tx, services.store.dialect, partner.id, found.customer);
}

/** Saves an accepted command under the name of its operation. */
export async function saveSubject(
  world: PartnerWriteWorld,
  subject: Pick<Subject, "clockFacts">,
  decision: Accepted,
  action: string,
): Promise<void> {
  const { tx, partner, caller, requestId, services } = world;
  const author = { action, actor: caller.actor, apiKey: caller.keyId, requestId };
  const progression = {
    subscription: decision.subscription,
    clockFacts: subject.clockFacts,
    commandFacts: decision.facts,
  };
  await saveProgress(tx, services.sealer, partner, [progression], author, services.now());
}

/** The subscription with its version as the entity tag. */
export function answerSubscription(
  world: Pick<PartnerWriteWorld, "partner">,
  subscription: Subscription,
): { body: WireSubscription; headers: Record<string, string> } {
  return {
    body: toWireSubscription(subscription, world.partner.terms),
    headers: { etag: `"${subscription.version}"` },
  };
}

/**
 * The id of a product named by id or `code:…`. What is named but does not exist stays as it is named:
 * the core finds it missing, in the order of its refusals.
 */
export async function resolveProduct(db: Reader, reference: string): Promise<ProductId> {
  if (!reference.startsWith("code:")) return toProductId(reference);
  return (
    (await findProductByCode(db, reference.slice("code:".length)))?.id ?? toProductId(reference)
  );
}

function isMatch(ifMatch: string, version: number): boolean {
  return ifMatch === "*" || ifMatch === `"${version}"`;
}
