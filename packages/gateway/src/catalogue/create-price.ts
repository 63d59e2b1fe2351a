import { parsePercent, parsePrice, toPriceId, type Tier } from "@evergate/core";
import { ProblemError, refuse } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { readLocalDate } from "../app/read-time.ts";
import { isCurrency } from "../partners/is-currency.ts";
import { makeId } from "../ids.ts";
import { findProductByReference, insertPrice, type StoredPrice } from "../store/catalogue.ts";
import { toWirePrice } from "./to-wire.ts";

/** Makes a price: one product in one channel and currency from a day on (R19). Two from the same day: `price_exists`. */
export const createPrice: WriteRoom<"createPrice"> = async ({ body }, world) => {
  const product = await findProductByReference(world.tx, body.product);
  if (product === undefined)
    return refuse("product_unknown", `There is no product ${body.product}.`);
  if (!isCurrency(body.currency))
    return refuse("currency_unknown", `${body.currency} is no currency of ISO 4217.`);
  const tiers = (body.tiers ?? []).map(readTier);
  if (tiers.length > 0 && body.channel !== "msp")
    return refuse("tiers_not_allowed", "Only prices of the channel msp have tiers (R20).");
  if (tiers.some((tier, index) => index > 0 && tier.from <= (tiers[index - 1]?.from ?? 0)))
    return refuse("tiers_not_ascending", "Each tier has to begin above the one before.");
  const price: StoredPrice = {
    id: toPriceId(makeId("price")),
    product: product.id,
    channel: body.channel,
    currency: body.currency,
    unitPrice: readDecimal(body.unitPrice, parsePrice, "/unitPrice"),
    validFrom: readLocalDate(body.validFrom, "/validFrom"),
    tiers,
    createdAt: world.at,
  };
  const wire = toWirePrice(price);
  await insertPrice(world.tx, price);
  await recordOperatorChange(world, "createPrice", price.id, null, wire);
  return { status: 201, body: wire };
};

function readTier(
  tier: { readonly from: number; readonly discountPercent: string },
  index: number,
): Tier {
  return {
    from: tier.from,
    discountPercent: readDecimal(
      tier.discountPercent,
      parsePercent,
      `/tiers/${index}/discountPercent`,
    ),
  };
}

function readDecimal<T>(text: string, parse: (text: string) => T | null, pointer: string): T {
  const value = parse(text);
  if (value === null)
    throw new ProblemError(
      "malformed_request",
      `${pointer}: ${text} is not a decimal that fits here.`,
      [{ pointer, detail: 'has to be a decimal such as "2.00", with up to 6 places' }],
    );
  return value;
}
