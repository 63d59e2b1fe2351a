import { formatInstant, prepaidEndsAt, prepaidStartsAt, type PrepaidLicence } from "@evergate/core";
import type { components } from "../generated/api.ts";

export type WirePrepaidLicence = components["schemas"]["PrepaidLicenceFields"];

/** A prepaid licence as the API answers it. */
export function toWirePrepaidLicence(
  licence: PrepaidLicence,
  { timeZone }: { readonly timeZone: string },
): WirePrepaidLicence {
  return {
    id: licence.id,
    externalId: licence.externalId,
    customer: licence.customer,
    product: licence.product,
    quantity: licence.quantity,
    startsOn: licence.startsOn,
    endsOn: licence.endsOn,
    startsAt: formatInstant(prepaidStartsAt(licence, timeZone)),
    endsAt: formatInstant(prepaidEndsAt(licence, timeZone)),
    createdAt: formatInstant(licence.createdAt),
  };
}
