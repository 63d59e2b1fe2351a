import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";

/** What an endpoint's owner has said about the events that it is to get. */
export type EventWish = Pick<WebhookEndpoint, "id" | "eventTypes" | "filters">;

/** What decides whether an endpoint gets an event. */
export interface Offer {
  readonly type: string;
  /** What it is about, where it belongs to no subscription. */
  readonly subject: string | null;
  readonly mode: "live" | "sandbox";
  /** The products that it names; read only where somebody asks. */
  readonly products: () => readonly string[];
}

/** Whether an endpoint gets an event. A test event goes to the endpoint that it is about, and to no other. */
export function wantsEvent({ id, eventTypes, filters }: EventWish, offer: Offer): boolean {
  if (offer.type === "webhook_endpoint.test") return offer.subject === id;
  return (
    wantsType(eventTypes, offer.type) &&
    (filters.mode === null || filters.mode === offer.mode) &&
    wantsProducts(filters.products, offer)
  );
}

/** Whether who asks for these types wants one: `*`, a family such as `subscription.*`, or the type itself. */
export function wantsType(eventTypes: readonly string[], type: string): boolean {
  return eventTypes.some(
    (wanted) =>
      wanted === "*" ||
      wanted === type ||
      (wanted.endsWith(".*") && type.startsWith(wanted.slice(0, -1))),
  );
}

function wantsProducts(wanted: readonly string[] | null, offer: Offer): boolean {
  if (wanted === null) return true;
  const named = offer.products();
  return named.length === 0 || named.some((product) => wanted.includes(product));
}

/**
 * The products that an event names: its subject's, and the one that it had before, so that who hears of one product
 * only hears of subscriptions that leave it.
 */
export function readProducts(payload: string): readonly string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stored text was written as an envelope
  const { data } = JSON.parse(payload) as {
    readonly data: {
      readonly product?: unknown;
      readonly previous?: { readonly product?: unknown } | null;
    };
  };
  return [data.product, data.previous?.product].filter((product) => typeof product === "string");
}
