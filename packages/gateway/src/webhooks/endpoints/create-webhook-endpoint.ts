import type { PartnerWriteRoom } from "../../app/room.ts";
import { ProblemError, refuse } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import { makeId } from "../../ids.ts";
import {
  insertEndpoint,
  lockEndpointCount,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { checkEndpointUrl } from "../network/check-endpoint-url.ts";
import { isEndpointSecret, makeEndpointSecret } from "./endpoint-secret.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** Every event becomes a delivery for each endpoint that wants it: this bounds what one change can cost. */
export const maximumEndpoints = 16;

/**
 * Makes an endpoint and shows its secret, this once.
 * Refusals: `malformed_request` (the secret's length), `webhook_url_not_allowed`, `webhook_endpoint_limit_reached`.
 */
export const createWebhookEndpoint: PartnerWriteRoom<"createWebhookEndpoint"> = async (
  { body },
  world,
) => {
  const { tx, services, partner } = world;
  const secret = body.secret ?? makeEndpointSecret();
  const endpoint: WebhookEndpoint = {
    id: makeId("wh"),
    url: body.url,
    eventTypes: body.eventTypes,
    description: body.description ?? "",
    isEnabled: body.enabled ?? true,
    concurrency: null,
    ordering: "subscription",
    createdAt: services.now(),
  };
  if (!isEndpointSecret(secret)) return { refused: createSecretError() };
  const refusal = checkEndpointUrl(endpoint.url, services.privateWebhooks);
  if (refusal !== undefined) return refuse("webhook_url_not_allowed", refusal);
  if ((await lockEndpointCount(tx, services.store.dialect, partner.id)) >= maximumEndpoints)
    return refuse(
      "webhook_endpoint_limit_reached",
      `You have ${maximumEndpoints} webhook endpoints, as many as a partner can have.`,
    );
  const wire = toWireEndpoint(endpoint);
  await insertEndpoint(tx, services.secretBox, partner.id, endpoint, secret);
  await recordChange(world, "createWebhookEndpoint", endpoint.id, null, wire);
  return {
    status: 201,
    headers: { location: `/v1/webhook-endpoints/${endpoint.id}` },
    body: { ...wire, secret },
  };
};

function createSecretError(): ProblemError {
  const detail = "has to be whsec_ and 24 to 64 bytes in padded base64";
  return new ProblemError("malformed_request", `secret ${detail}; leave it out to have one made.`, [
    { pointer: "/secret", detail },
  ]);
}
