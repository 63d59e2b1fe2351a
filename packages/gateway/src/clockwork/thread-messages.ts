import type { PartnerId } from "../ids.ts";

/** What the clockwork's thread is started with. */
export interface ThreadData {
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly logLevel: string;
}

/** From the thread: it wants to write, it has written, events were stored. */
export type FromThread =
  | { readonly kind: "take" }
  | { readonly kind: "give" }
  | { readonly kind: "eventsStored"; readonly partner: PartnerId };

/** To the thread: it may write, it is to end. */
export type ToThread = { readonly kind: "taken" } | { readonly kind: "stop" };
