import { randomBytes } from "node:crypto";
import {
  createSubscription as create,
  makeActivationCode,
  toSubscriptionId,
  type CreateOrder,
  type CustomerId,
} from "@evergate/core";
import { refuseField, type Refused } from "../app/problem.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { goLive } from "../partners/go-live.ts";
import { readInstant } from "../app/read-time.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { createCustomerOf } from "../customers/create-customer.ts";
import { makeId } from "../ids.ts";
import { loadPrepaid } from "../prepaid/load-prepaid.ts";
import { findCustomer, lockCustomer } from "../store/customers.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { loadContext } from "./load-context.ts";
import { answerSubscription, resolveProduct, saveSubject } from "./load-subject.ts";

/** More than an activation code needs: one byte for each of its random characters. */
const randomLength = 32;

/** Makes a subscription, with its activation code, for a known customer or one given inline (R4–R6). */
export const createSubscription: PartnerWriteRoom<"createSubscription"> = async (
  { body },
  world,
) => {
  const customer = await takeCustomer(body, world);
  if (typeof customer !== "string") return customer;
  const product = await resolveProduct(world.tx, body.product);
  const context = {
    ...(await loadContext(world.tx, world.partner, [], [product])),
    prepaid: await loadPrepaid({ ...world, db: world.tx }, customer, product),
  };
  const decision = create(
    {
      id: toSubscriptionId(makeId("sub")),
      customer,
      externalId: body.externalId ?? null,
      activationCode: makeActivationCode(randomBytes(randomLength)),
      product,
      quantity: body.quantity,
      trial: body.trial,
      startsAt: readStart(body.startsAt ?? null),
      term: body.term ?? null,
      metadata: body.metadata ?? {},
    },
    context,
    world.at,
  );
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, { clockFacts: [] }, decision, "createSubscription");
  if (world.partner.status === "approved") await goLive(world);
  const answer = answerSubscription(world, decision.subscription);
  return {
    status: 201,
    body: answer.body,
    headers: { ...answer.headers, location: `/v1/subscriptions/${answer.body.id}` },
  };
};

function readStart(startsAt: string | null): CreateOrder["startsAt"] {
  return startsAt === null || startsAt === "when_prepaid_ends"
    ? startsAt
    : readInstant(startsAt, "/startsAt");
}

async function takeCustomer(
  { customer: given, startsAt = null }: OperationRequest<"createSubscription">["body"],
  world: PartnerWriteWorld,
): Promise<CustomerId | Refused> {
  if (typeof given !== "string")
    return (await createCustomerOf(given, world, "createSubscription")).id;
  const { tx, partner, services } = world;
  // A start still to come and a licence that covers it must not be made at the same time, unaware of each other (R14).
  const customer =
    startsAt === null
      ? await findCustomer(tx, partner.id, given)
      : await lockCustomer(tx, services.store.dialect, partner.id, given);
  return (
    customer?.id ??
    refuseField(
      "customer_unknown",
      "/customer",
      `You have no customer ${given}. Make it first, or give it inline as an object.`,
    )
  );
}
