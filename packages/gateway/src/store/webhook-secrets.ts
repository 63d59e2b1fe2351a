/**
 * What deliveries to an endpoint need and nobody may read: its secrets, and the values of its owner's headers. Each text
 * is sealed under the gateway's key for its place, so that none can be moved elsewhere, nor an earlier secret be made to last.
 */
import { toInstant, type Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { Store, Transaction } from "./store.ts";

/** A secret that was rotated away from and is good until then. */
export interface PreviousSecret {
  readonly secret: string;
  readonly endsAt: Instant;
}

/** An endpoint's secrets. */
export interface EndpointSecrets {
  readonly current: string;
  /** The one that ends first before the others; some may have ended. */
  readonly previous: readonly PreviousSecret[];
}

/** What a delivery needs, as the row of its endpoint has it. */
export interface SealedSending {
  readonly secret: string;
  readonly previous_secrets: string;
  readonly headers: string | null;
}

/** The columns of {@link SealedSending}. */
export const sealedSendingColumns = ["secret", "previous_secrets", "headers"] as const;

/** What a delivery is signed with and what goes with it. */
export interface Sending {
  /** The present secret first, then the earlier ones that are good still. */
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Decrypts what a delivery needs. Throws where the gateway's key is not the one it was sealed with. */
export function openSending(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  sealed: SealedSending,
  now: Instant,
): Sending {
  const { current, previous } = openSecrets(box, partner, endpoint, sealed);
  return {
    secrets: [current, ...previous.flatMap(({ secret, endsAt }) => (endsAt > now ? secret : []))],
    headers: openHeaders(box, partner, endpoint, sealed.headers),
  };
}

/** An endpoint's secrets and headers, read after it has been locked. */
export async function getSecrets(
  tx: Transaction,
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
): Promise<EndpointSecrets & Pick<Sending, "headers">> {
  const row = await tx
    .selectFrom("webhook_endpoints")
    .select(sealedSendingColumns)
    .where("partner", "=", partner)
    .where("id", "=", endpoint)
    .executeTakeFirstOrThrow();
  return {
    ...openSecrets(box, partner, endpoint, row),
    headers: openHeaders(box, partner, endpoint, row.headers),
  };
}

/** Saves an endpoint's secrets; `setAt` is when the present one became it. */
export async function updateSecrets(
  tx: Transaction,
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  { current, previous }: EndpointSecrets,
  setAt: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_endpoints")
    .set({
      secret: sealSecret(box, partner, endpoint, current),
      secret_set_at: setAt,
      previous_secrets: JSON.stringify(
        previous.map(({ secret, endsAt }): SealedPrevious => ({
          sealed: box.seal(secret, toPreviousPlace(partner, endpoint, endsAt)),
          endsAt,
        })),
      ),
    })
    .where("partner", "=", partner)
    .where("id", "=", endpoint)
    .execute();
}

/** Destroys a partner's earlier secrets that have ended. What is changed at the same time stands, and is looked at the next time. */
export async function deleteEndedSecrets(
  store: Store,
  partner: PartnerId,
  now: Instant,
): Promise<void> {
  const rows = await store.reader
    .selectFrom("webhook_endpoints")
    .select(["id", "previous_secrets"])
    .where("partner", "=", partner)
    .where("previous_secrets", "<>", "[]")
    .execute();
  for (const { id, previous_secrets: before } of rows) {
    const previous = readPrevious(before);
    const good = previous.filter(({ endsAt }) => endsAt > now);
    if (good.length === previous.length) continue;
    await store.transaction((tx) =>
      tx
        .updateTable("webhook_endpoints")
        .set({ previous_secrets: JSON.stringify(good) })
        .where("partner", "=", partner)
        .where("id", "=", id)
        .where("previous_secrets", "=", before)
        .execute(),
    );
  }
}

/** Saves the values of an endpoint's headers. */
export async function updateHeaders(
  tx: Transaction,
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  headers: Sending["headers"],
): Promise<void> {
  await tx
    .updateTable("webhook_endpoints")
    .set({ headers: sealHeaders(box, partner, endpoint, headers) })
    .where("partner", "=", partner)
    .where("id", "=", endpoint)
    .execute();
}

export function sealSecret(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  secret: string,
): string {
  return box.seal(secret, toPlace(partner, endpoint));
}

/** Decrypts an endpoint's present secret. Throws where the gateway's key is not the one it was sealed with. */
export function openEndpointSecret(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  sealed: string,
): string {
  return box.open(sealed, toPlace(partner, endpoint));
}

/** Null where there are none. */
export function sealHeaders(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  headers: Sending["headers"],
): string | null {
  if (Object.keys(headers).length === 0) return null;
  return box.seal(JSON.stringify(headers), toHeadersPlace(partner, endpoint));
}

/** When earlier secrets end, of what a row says about them. */
export function listEnds(previousSecrets: string): readonly Instant[] {
  return readPrevious(previousSecrets).map(({ endsAt }) => endsAt);
}

interface SealedPrevious {
  readonly sealed: string;
  readonly endsAt: Instant;
}

function readPrevious(text: string): readonly SealedPrevious[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written from such a list
  return (JSON.parse(text) as SealedPrevious[]).map(({ sealed, endsAt }) => ({
    sealed,
    endsAt: toInstant(endsAt),
  }));
}

function openSecrets(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  { secret, previous_secrets }: Omit<SealedSending, "headers">,
): EndpointSecrets {
  return {
    current: openEndpointSecret(box, partner, endpoint, secret),
    previous: readPrevious(previous_secrets).map(({ sealed, endsAt }) => ({
      secret: box.open(sealed, toPreviousPlace(partner, endpoint, endsAt)),
      endsAt,
    })),
  };
}

function openHeaders(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  sealed: string | null,
): Sending["headers"] {
  return sealed === null
    ? {}
    : // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was sealed here was such an object
      (JSON.parse(box.open(sealed, toHeadersPlace(partner, endpoint))) as Record<string, string>);
}

function toPlace(partner: PartnerId, endpoint: string): string {
  return `webhook_endpoints/${partner}/${endpoint}`;
}

function toHeadersPlace(partner: PartnerId, endpoint: string): string {
  return `${toPlace(partner, endpoint)}/headers`;
}

/** Its end is a part of the place: another one written into the row would not open it. */
function toPreviousPlace(partner: PartnerId, endpoint: string, endsAt: Instant): string {
  return `${toPlace(partner, endpoint)}/previous/${endsAt}`;
}
