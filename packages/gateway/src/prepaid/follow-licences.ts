import {
  advance,
  followPrepaid,
  type CustomerId,
  type Instant,
  type ProductId,
} from "@evergate/core";
import type { PartnerWriteWorld } from "../app/world.ts";
import { listWaitingSubscriptions, lockSubscriptions } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { saveProgress } from "../subscriptions/save-progress.ts";
import { loadPrepaid } from "./load-prepaid.ts";

/** So many subscriptions are held in memory at a time. */
const chunkSize = 200;

/** So many customers are asked for in one statement. */
const customersAtOnce = 500;

/** Subscriptions that are still to begin with a product, and until when their customer held it before a change of its licences. */
export interface Waiting {
  readonly customer: CustomerId;
  readonly product: ProductId;
  readonly subscriptions: readonly string[];
  readonly heldBefore: Instant | null;
}

/** What waits, of the customers and products of these licences. */
export async function readWaiting(
  world: PartnerWriteWorld,
  licences: readonly { readonly customer: CustomerId; readonly product: ProductId }[],
): Promise<readonly Waiting[]> {
  const { tx, partner, at } = world;
  const customers = [...new Set(licences.map(({ customer }) => customer))];
  const pairs = new Map(
    licences.map(({ customer, product }) => [`${customer} ${product}`, { customer, product }]),
  );
  const idsOf = new Map<string, string[]>();
  for (let start = 0; start < customers.length; start += customersAtOnce) {
    const part = customers.slice(start, start + customersAtOnce);
    for (const { id, customer, product } of await listWaitingSubscriptions(tx, partner.id, part)) {
      const name = `${customer} ${product}`;
      const ids = idsOf.get(name);
      if (ids === undefined) idsOf.set(name, [id]);
      else ids.push(id);
    }
  }
  const waiting: Waiting[] = [];
  for (const [name, ids] of idsOf) {
    const pair = pairs.get(name);
    if (pair === undefined) continue;
    const prepaid = await loadPrepaid({ db: tx, partner, at }, pair.customer, pair.product);
    const heldBefore = prepaid(pair.product, at);
    waiting.push({ ...pair, subscriptions: ids.toSorted(), heldBefore });
  }
  return waiting;
}

/**
 * Lets what waits follow its customer's licences as they are now (R14). Whoever calls holds the customer's lock, without
 * which a start could be scheduled at the same time.
 */
export async function followLicences(
  world: PartnerWriteWorld,
  { customer, product, subscriptions, heldBefore }: Waiting,
  action: string,
): Promise<void> {
  const { tx, partner, at, caller, requestId, services } = world;
  const author = { action, actor: caller.actor, apiKey: caller.keyId, requestId };
  const prepaid = await loadPrepaid({ db: tx, partner, at }, customer, product);
  for (let start = 0; start < subscriptions.length; start += chunkSize) {
    const waiting = await lockSubscriptions(
      tx,
      services.store.dialect,
      partner.id,
      subscriptions.slice(start, start + chunkSize),
    );
    const context = { ...(await loadContext(tx, partner, waiting)), prepaid };
    const progressions = waiting.flatMap((stored) => {
      const clock = advance(stored, at, context);
      const move = { product, heldBefore };
      const { subscription, facts } = followPrepaid(clock.subscription, move, context, at);
      return facts.length === 0
        ? []
        : [{ subscription, clockFacts: clock.facts, commandFacts: facts }];
    });
    await saveProgress(tx, services.sealer, partner, progressions, author, services.now());
  }
}
