import type { PartnerWriteRoom } from "../../app/room.ts";
import { refuse, refuseField } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import { makeId } from "../../ids.ts";
import { updatePartnerToExpectReceipts } from "../../store/partners.ts";
import {
  insertEndpoint,
  lockEndpointCount,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { checkNewEndpointUrl } from "../network/check-endpoint-url.ts";
import { refuseCustomHeaders, dateHeaders } from "./custom-headers.ts";
import { isEndpointSecret, makeEndpointSecret, refuseSecret } from "./endpoint-secret.ts";
import { readFilters } from "./read-filters.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** Every event becomes a delivery for each endpoint that wants it: this bounds what one change can cost. */
export const maximumEndpoints = 16;

/**
 * Makes an endpoint and shows its secret, this once.
 * Refusals: `malformed_request` (the secret's length), `webhook_url_not_allowed`, `webhook_header_not_allowed`,
 * `product_unknown`, `webhook_endpoint_limit_reached`.
 */
export const createWebhookEndpoint: PartnerWriteRoom<"createWebhookEndpoint"> = async (
  { body },
  world,
) => {
  const { tx, services, partner } = world;
  const now = services.now();
  const secret = body.secret ?? makeEndpointSecret();
  const headers = body.headers ?? {};
  if (!isEndpointSecret(secret)) return refuseSecret("leave it out to have one made");
  const urlRefusal = checkNewEndpointUrl(body.url, services.privateWebhooks);
  if (urlRefusal !== undefined) return refuseField("webhook_url_not_allowed", "/url", urlRefusal);
  const headerRefusal = refuseCustomHeaders(headers);
  if (headerRefusal !== undefined) return headerRefusal;
  const endpoint: WebhookEndpoint = {
    id: makeId("wh"),
    url: body.url,
    eventTypes: body.eventTypes,
    filters: await readFilters(tx, { products: null, mode: null }, body.filters),
    headersSetAt: dateHeaders({}, {}, headers, now),
    payload: body.payload ?? "full",
    concurrency: body.concurrency ?? null,
    ordering: body.ordering ?? "subscription",
    isChallenged: body.challenge ?? false,
    verifiedAt: null,
    secretSetAt: now,
    previousSecretsEndAt: [],
    description: body.description ?? "",
    isEnabled: body.enabled ?? true,
    isSignedByGateway: body.signatures?.includes("v1a") ?? false,
    receipts: body.receipts ?? null,
    createdAt: now,
  };
  if ((await lockEndpointCount(tx, services.store.dialect, partner.id)) >= maximumEndpoints)
    return refuse(
      "webhook_endpoint_limit_reached",
      `You have ${maximumEndpoints} webhook endpoints, as many as a partner can have.`,
    );
  const wire = toWireEndpoint(endpoint, now);
  await insertEndpoint(tx, services.secretBox, partner.id, endpoint, secret, headers);
  if (endpoint.receipts !== null) await updatePartnerToExpectReceipts(tx, partner.id);
  await recordChange(world, "createWebhookEndpoint", endpoint.id, null, wire);
  return {
    status: 201,
    headers: { location: `/v1/webhook-endpoints/${endpoint.id}` },
    body: { ...wire, secret },
  };
};
