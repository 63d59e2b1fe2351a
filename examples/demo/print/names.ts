import type { EvergateEvent, Product } from "@evergate/sdk";

/** What people call things, by their ids. */
export interface Names {
  readonly codeOf: (product: string) => string;
  /** The partner's own id of a subscription, once an event has told it. */
  readonly subscriptionOf: (subscription: string) => string;
  readonly learn: (event: EvergateEvent) => void;
}

export function createNames(products: readonly Product[]): Names {
  const codes = new Map(products.map(({ id, code }) => [id, code]));
  const subscriptions = new Map<string, string>();
  return {
    codeOf: (product) => codes.get(product) ?? product,
    subscriptionOf: (subscription) => subscriptions.get(subscription) ?? subscription,
    learn(event) {
      if ("activationCode" in event.data && event.data.externalId !== null)
        subscriptions.set(event.data.id, event.data.externalId);
    },
  };
}
