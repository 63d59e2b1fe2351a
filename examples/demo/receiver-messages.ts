import type { EvergateEvent, WebhookRefusal } from "@evergate/sdk";

/** What the demo tells its receiver: take what arrives on this path, signed with this secret. */
export interface ReceiverOrder {
  readonly path: string;
  readonly secret: string;
}

/** What the receiver tells the demo. */
export type ReceiverReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "ready"; readonly path: string }
  | { readonly kind: "verified"; readonly path: string; readonly event: EvergateEvent }
  | { readonly kind: "repeated"; readonly path: string; readonly id: string }
  | { readonly kind: "refused"; readonly path: string; readonly reason: WebhookRefusal };

// Both ends are this program: the guards tell our messages from those that Node's own tools may send.

export function isReceiverOrder(message: unknown): message is ReceiverOrder {
  return typeof message === "object" && message !== null && "secret" in message;
}

export function isReceiverReport(message: unknown): message is ReceiverReport {
  return typeof message === "object" && message !== null && "kind" in message;
}
