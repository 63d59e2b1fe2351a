import { isDeepStrictEqual } from "node:util";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { refuseField } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import { updatePartnerToExpectReceipts } from "../../store/partners.ts";
import { insertWithdrawal } from "../../store/receipt-endpoints.ts";
import { isReceiving, lockEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { getSecrets, updateHeaders } from "../../store/webhook-secrets.ts";
import { checkNewEndpointUrl } from "../network/check-endpoint-url.ts";
import { changeHeaders, refuseCustomHeaders, dateHeaders } from "./custom-headers.ts";
import { readFilters } from "./read-filters.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { saveEndpoint } from "./save-endpoint.ts";
import { answerEndpoint } from "./answer-endpoint.ts";
import { startQueue, stopQueue } from "../../store/webhook-queues.ts";
import { toWireEndpoint } from "./to-wire.ts";

/**
 * Changes an endpoint. What is queued while it is off goes out when it is switched on again. At another URL it has
 * proved nothing yet. Refusals: `not_found`, `webhook_url_not_allowed`, `webhook_header_not_allowed`, `product_unknown`.
 */
export const updateWebhookEndpoint: PartnerWriteRoom<"updateWebhookEndpoint"> = async (
  { path, body },
  world,
) => {
  const { tx, services, partner } = world;
  const now = services.now();
  const before = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (before === undefined) return refuseUnknownEndpoint(path.endpointId);
  const url = body.url ?? before.url;
  const urlRefusal =
    body.url === undefined ? undefined : checkNewEndpointUrl(url, services.privateWebhooks);
  if (urlRefusal !== undefined) return refuseField("webhook_url_not_allowed", "/url", urlRefusal);
  const { headers } = await getSecrets(tx, services.secretBox, partner.id, before.id);
  const changed = changeHeaders(headers, body.headers ?? {});
  const headerRefusal =
    refuseCustomHeaders(withoutNulls(body.headers ?? {})) ?? refuseCustomHeaders(changed);
  if (headerRefusal !== undefined) return headerRefusal;
  const after: WebhookEndpoint = {
    ...before,
    url,
    eventTypes: body.eventTypes ?? before.eventTypes,
    filters: await readFilters(tx, before.filters, body.filters),
    headersSetAt: dateHeaders(headers, before.headersSetAt, changed, now),
    payload: body.payload ?? before.payload,
    concurrency: body.concurrency === undefined ? before.concurrency : body.concurrency,
    ordering: body.ordering ?? before.ordering,
    isChallenged: body.challenge ?? before.isChallenged,
    verifiedAt: url === before.url ? before.verifiedAt : null,
    description: body.description ?? before.description,
    isEnabled: body.enabled ?? before.isEnabled,
    isSignedByGateway: body.signatures?.includes("v1a") ?? before.isSignedByGateway,
    receipts: body.receipts === undefined ? before.receipts : body.receipts,
  };
  if (!isDeepStrictEqual(before, after)) {
    // Before the queue is locked: whoever hands events out locks the partner's row and then the queues.
    if (after.receipts !== null) await updatePartnerToExpectReceipts(tx, partner.id);
    else if (before.receipts !== null)
      await insertWithdrawal(
        tx,
        services.store.dialect,
        { partner: partner.id, endpoint: after.id, isDeleted: false },
        services.now,
      );
    await saveEndpoint(tx, partner.id, before, after, now);
    if (!isDeepStrictEqual(headers, changed))
      await updateHeaders(tx, services.secretBox, partner.id, after.id, changed);
    await recordChange(
      world,
      "updateWebhookEndpoint",
      after.id,
      toWireEndpoint(before, now),
      toWireEndpoint(after, now),
    );
  }
  // One that is off for how it fares is tried now and then; off is off where its owner says so.
  if (body.enabled === false && !before.isEnabled) await stopQueue(tx, partner.id, after.id, now);
  // And on is on: what waits for its next attempt need not, as its owner has seen to it.
  if (body.enabled === true && isReceiving(before) && isReceiving(after))
    await startQueue(tx, partner.id, after.id, now);
  return { status: 200, body: await answerEndpoint(tx, partner.id, after, now) };
};

function withoutNulls(changes: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  );
}
