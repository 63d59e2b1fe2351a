import type { Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import type { Context } from "hono";
import type { Logger } from "pino";
import type { Partner } from "../store/partners.ts";
import type { Reader, Store, Transaction } from "../store/store.ts";
import type { Settings } from "../settings.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { Arrivals } from "../events/arrivals.ts";
import type { RequestLimit } from "./request-limit.ts";
import type { Turns } from "../record/turns.ts";
import type { Asker } from "../webhooks/endpoints/ask-endpoint.ts";
import type { Sealer } from "../secrets/sealer.ts";
import type { SigningKeys } from "../webhooks/signing/signing-keys.ts";

/** Who calls: the key, and the person at the desk whom the caller names (R26). */
export interface Caller {
  readonly kind: "operator" | "partner";
  readonly keyId: string;
  readonly partner: PartnerId | null;
  readonly scopes: readonly string[];
  /** `Evergate-Actor`, or the key's name without it. */
  readonly actor: string;
}

/** What runs beside the requests and wants to know that there is work. */
export interface Signals {
  /** Events of this partner have been stored and want their place in its total order. */
  eventsStored(partner: PartnerId): void;
}

/** What the whole process shares. */
export interface Services {
  readonly store: Store;
  readonly secretBox: SecretBox;
  /** Seals what goes into the record (R26). */
  readonly sealer: Sealer;
  /** The keys with which deliveries are signed where an endpoint asks for `v1a`. */
  readonly signingKeys: SigningKeys;
  readonly log: Logger;
  readonly signals: Signals;
  /** Which private addresses webhooks may go to (`EVERGATE_ALLOW_PRIVATE_WEBHOOKS`). */
  readonly privateWebhooks: Settings["privateWebhooks"];
  /** Sends webhook endpoints what somebody waits for the answer of. */
  readonly asker: Asker;
  /** Who asks, as far as an address tells it: for limits only, and never stored. */
  readonly clientOf: (c: Context) => string;
  /** How much may be asked without a key. */
  readonly publicLimit: RequestLimit;
  /** Whoever verifies a record takes turns with the others. */
  readonly verifications: Turns;
  /** Wakes whoever waits for events. */
  readonly arrivals: Arrivals;
  /** The system's clock. */
  readonly now: () => Instant;
}

/** What a room sees of the world, beside its request. */
export interface World {
  readonly caller: Caller;
  readonly requestId: string;
  readonly services: Services;
  /** `Evergate-Partner`, or null; rooms of a partner have the partner itself. */
  readonly partnerNamed: string | null;
  /** The entity tag of `If-Match`, or `*`, or null without it. */
  readonly ifMatch: string | null;
  /** Aborted when the caller has gone, for what would wait longer for nobody. */
  readonly callerGone: () => AbortSignal;
  readonly at: Instant;
}

export interface ReadWorld extends World {
  readonly db: Reader;
}

export interface WriteWorld extends World {
  readonly tx: Transaction;
}

/** Somebody without a key writes: whoever it is, the record says only in what part (`applicant`). */
export type PublicWriteWorld = Omit<
  WriteWorld,
  "caller" | "partnerNamed" | "ifMatch" | "callerGone"
>;

/** A partner's data is at stake: the partner is known, and `at` is its time (R1; a sandbox has its own). */
export interface OfPartner {
  readonly partner: Partner;
}

export type PartnerReadWorld = ReadWorld & OfPartner;
export type PartnerWriteWorld = WriteWorld & OfPartner;
