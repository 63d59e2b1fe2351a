import {
  advance,
  followPrepaid,
  type CustomerId,
  type Instant,
  type ProductId,
  type SubscriptionId,
} from "@evergate/core";
import type { PartnerWriteWorld } from "../app/world.ts";
import { lockWaitingSubscriptions } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { saveProgress } from "../subscriptions/save-progress.ts";
import { loadPrepaid } from "./load-prepaid.ts";

/** So many subscriptions are held in memory at a time. */
const chunkSize = 200;

/** What a customer's licences of a product were before a change, for those who wait for their end. */
export interface HeldBefore {
  readonly customer: CustomerId;
  readonly product: ProductId;
  readonly heldUntil: Instant | null;
}

export async function readHeldBefore(
  world: PartnerWriteWorld,
  customer: CustomerId,
  product: ProductId,
): Promise<HeldBefore> {
  const prepaid = await loadPrepaid({ ...world, db: world.tx }, customer, product);
  return { customer, product, heldUntil: prepaid(product, world.at) };
}

/**
 * Lets the customer's subscriptions that have not begun with the product follow its licences as they are now (R14).
 * Whoever calls holds the customer's lock, without which a start could be scheduled at the same time.
 */
export async function followLicences(
  world: PartnerWriteWorld,
  before: HeldBefore,
  action: string,
): Promise<void> {
  const { tx, partner, at, caller, requestId, services } = world;
  const { customer, product, heldUntil } = before;
  const author = { action, actor: caller.actor, apiKey: caller.keyId, requestId };
  const prepaid = await loadPrepaid({ ...world, db: world.tx }, customer, product);
  let after: SubscriptionId | null = null;
  for (;;) {
    const waiting = await lockWaitingSubscriptions(
      tx,
      services.store.dialect,
      partner.id,
      { customer, product, after },
      chunkSize,
    );
    const context = { ...(await loadContext(tx, partner, waiting)), prepaid };
    const progressions = waiting.flatMap((stored) => {
      const clock = advance(stored, at, context);
      const { subscription, facts } = followPrepaid(
        clock.subscription,
        { product, heldBefore: heldUntil },
        context,
        at,
      );
      return facts.length === 0
        ? []
        : [{ subscription, clockFacts: clock.facts, commandFacts: facts }];
    });
    await saveProgress(tx, services.sealer, partner, progressions, author, services.now());
    after = waiting.at(-1)?.id ?? null;
    if (waiting.length < chunkSize) return;
  }
}
