import { refuse, type Refused } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { ProcessRoom } from "../../app/room.ts";
import type { PartnerReadWorld } from "../../app/world.ts";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { lockEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { getSecrets } from "../../store/webhook-secrets.ts";
import type { Transaction } from "../../store/store.ts";
import { makeChallenge } from "./challenge.ts";
import { readTarget, type AttemptResult } from "../delivery/send-delivery.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { saveEndpoint } from "./save-endpoint.ts";
import { answerEndpoint } from "./answer-endpoint.ts";
import { toWireEndpoint } from "./to-wire.ts";

/**
 * Has an endpoint prove that it has its present secret. The question goes out between two short transactions; what was
 * changed of the endpoint meanwhile makes the answer worthless. Refusals: `not_found`, `webhook_challenge_failed`.
 */
export const verifyWebhookEndpoint: ProcessRoom<"verifyWebhookEndpoint"> = async (
  { path },
  world,
) => {
  const { services, partner } = world;
  const { store } = services;
  const asked = await store.transaction((tx) => lockSubject(tx, world, path.endpointId));
  if (asked === undefined) return refuseUnknownEndpoint(path.endpointId);
  const askedAt = services.now();
  const challenge = makeChallenge(asked.endpoint.id, askedAt);
  const result = await services.asker.ask(
    partner.id,
    {
      target: readTarget(asked.endpoint.url, services.privateWebhooks),
      event: makeId("challenge"),
      payload: challenge.body,
      // An earlier secret, good as it may be, is not what is to be proved.
      secrets: [asked.secret],
      keys: asked.endpoint.isSignedByGateway ? await services.signingKeys.listSigners() : [],
      headers: asked.headers,
    },
    askedAt,
  );
  if (result.error !== null || !challenge.isAnsweredBy(result.excerpt, asked.secret))
    return refuse("webhook_challenge_failed", describeFailure(result));
  const outcome = await store.transaction((tx) => saveProof(tx, world, asked));
  services.signals.eventsStored(partner.id);
  return outcome;
};

/** So much of an answer tells which program gave it, and mostly why. */
const maximumQuoted = 200;

/** A challenge leaves no attempt behind to look at: whatever was answered has to be told here. */
function describeFailure({ status, error, excerpt }: AttemptResult): string {
  // Of a delivery 410 would be said with what follows from it; nothing follows here.
  const reason =
    status === 410
      ? "The endpoint answered 410 (gone for good)."
      : (error ??
        `The endpoint answered ${status ?? "nothing"}, but not with the answer that only who has its present secret can give.`);
  const answer =
    excerpt === null || reason.includes(`(${excerpt})`)
      ? ""
      : ` Its answer${excerpt.length > maximumQuoted ? " begins" : ""}: ${excerpt.slice(0, maximumQuoted).toWellFormed()}`;
  return `Verifying failed. ${reason}${answer}`;
}

/** An endpoint as it is asked. */
interface Subject {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function lockSubject(
  tx: Transaction,
  { services, partner }: PartnerReadWorld,
  id: string,
): Promise<Subject | undefined> {
  const endpoint = await lockEndpoint(tx, services.store.dialect, partner.id, id);
  if (endpoint === undefined) return undefined;
  const { current, headers } = await getSecrets(tx, services.secretBox, partner.id, id);
  return { endpoint, secret: current, headers };
}

async function saveProof(
  tx: Transaction,
  world: PartnerReadWorld,
  asked: Subject,
): Promise<
  { readonly status: 200; readonly body: components["schemas"]["WebhookEndpoint"] } | Refused
> {
  const { services, partner } = world;
  const now = services.now();
  const found = await lockSubject(tx, world, asked.endpoint.id);
  if (found === undefined) return refuseUnknownEndpoint(asked.endpoint.id);
  const { endpoint: before, secret } = found;
  if (before.url !== asked.endpoint.url || secret !== asked.secret)
    return refuse(
      "webhook_challenge_failed",
      "The endpoint's URL or secret was changed while it was asked. Ask again.",
    );
  const after: WebhookEndpoint = { ...before, verifiedAt: now };
  await saveEndpoint(tx, partner.id, before, after, now);
  const wire = toWireEndpoint(after, now);
  await recordChange(
    { ...world, tx },
    "verifyWebhookEndpoint",
    after.id,
    toWireEndpoint(before, now),
    wire,
  );
  return { status: 200, body: await answerEndpoint(tx, partner.id, after, now) };
}
