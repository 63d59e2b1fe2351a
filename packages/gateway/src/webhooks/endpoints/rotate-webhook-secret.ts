import { toInstant } from "@evergate/core";
import { refuse } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { lockEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { getSecrets, updateSecrets, type PreviousSecret } from "../../store/webhook-secrets.ts";
import { isEndpointSecret, makeEndpointSecret, refuseSecret } from "./endpoint-secret.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { saveEndpoint } from "./save-endpoint.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** A delivery bears a signature for each, and receivers look through all of them. */
export const maximumPreviousSecrets = 3;

const defaultOverlapSeconds = 86_400;

/**
 * Gives an endpoint another secret and shows it, this once; the one until now is good for the overlap.
 * Refusals: `not_found`, `malformed_request` (the secret's length, or it is the present one), `webhook_secret_limit_reached`.
 */
export const rotateWebhookSecret: PartnerWriteRoom<"rotateWebhookSecret"> = async (
  { path, body },
  world,
) => {
  const { tx, services, partner } = world;
  const now = services.now();
  const before = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (before === undefined) return refuseUnknownEndpoint(path.endpointId);
  const secret = body.secret ?? makeEndpointSecret();
  if (!isEndpointSecret(secret)) return refuseSecret("leave it out to have one made");
  const { current, previous } = await getSecrets(tx, services.secretBox, partner.id, before.id);
  if (secret === current)
    return refuseSecret("leave it out to have one made", "is the endpoint's secret already");
  const overlapMs = (body.overlapSeconds ?? defaultOverlapSeconds) * 1_000;
  const kept = keepGood(
    [...previous, { secret: current, endsAt: toInstant(now + overlapMs) }].filter(
      // Who goes back to an earlier secret has it as the present one.
      (earlier) => earlier.secret !== secret,
    ),
    now,
  );
  if (kept.length > maximumPreviousSecrets)
    return refuse(
      "webhook_secret_limit_reached",
      `${maximumPreviousSecrets} earlier secrets are still good, as many as there can be. Revoke them first, or rotate with overlapSeconds 0.`,
    );
  const after: WebhookEndpoint = {
    ...before,
    isChallenged: body.challenge ?? before.isChallenged,
    verifiedAt: null,
    secretSetAt: now,
    previousSecretsEndAt: kept.map(({ endsAt }) => endsAt),
  };
  await saveEndpoint(tx, partner.id, before, after, now);
  await updateSecrets(
    tx,
    services.secretBox,
    partner.id,
    after.id,
    { current: secret, previous: kept },
    now,
  );
  const wire = toWireEndpoint(after, now);
  await recordChange(world, "rotateWebhookSecret", after.id, toWireEndpoint(before, now), wire);
  return { status: 200, body: { ...wire, secret } };
};

/** The earlier secrets that are good still, the one that ends first before the others. */
function keepGood(secrets: readonly PreviousSecret[], now: number): readonly PreviousSecret[] {
  return secrets
    .filter(({ endsAt }) => endsAt > now)
    .toSorted((one, other) => one.endsAt - other.endsAt);
}
