import type { Instant } from "./calendar.ts";
import type { ProductId } from "./ids.ts";
import type { Context } from "./terms.ts";

export type PrepaidRefusal = { readonly code: "prepaid_licence_held"; readonly endsAt: Instant };

/** The refusal where a prepaid licence for the product still runs at `beginsAt` (R14); null where none does. */
export function refusePrepaid(
  product: ProductId,
  beginsAt: Instant,
  context: Context,
): PrepaidRefusal | null {
  const endsAt = context.prepaid?.(product) ?? null;
  return endsAt !== null && beginsAt < endsAt ? { code: "prepaid_licence_held", endsAt } : null;
}
