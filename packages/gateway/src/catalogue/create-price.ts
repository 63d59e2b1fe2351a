import { addDays, dayOf, parsePercent, parsePrice, toPriceId, type Tier } from "@evergate/core";
import { ProblemError, refuseField } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { readLocalDate } from "../app/read-time.ts";
import { isCurrency } from "../partners/is-currency.ts";
import { makeId } from "../ids.ts";
import {
  findPricesOf,
  findProductByReference,
  insertPrice,
  lockProduct,
  type StoredPrice,
} from "../store/catalogue.ts";
import { toWirePrice } from "./to-wire.ts";

/** Where each day begins first: what is later there is later for every partner. */
const firstZone = "Pacific/Kiritimati";

/**
 * Makes a price: one product in one channel and currency from a day on (R19). Two from the same day: `price_exists`.
 * The first may begin on any day; another one only later than today, or what is carried out late would be charged
 * otherwise than on time (R3).
 */
export const createPrice: WriteRoom<"createPrice"> = async ({ body }, world) => {
  const found = await findProductByReference(world.tx, body.product);
  // Locked, so that of two first prices at once the second finds the other.
  const product = found && (await lockProduct(world.tx, world.services.store.dialect, found.id));
  if (product === undefined)
    return refuseField("product_unknown", "/product", `There is no product ${body.product}.`);
  if (!isCurrency(body.currency))
    return refuseField(
      "currency_unknown",
      "/currency",
      `${body.currency} is no currency of ISO 4217.`,
    );
  const tiers = (body.tiers ?? []).map(readTier);
  if (tiers.length > 0 && body.channel !== "msp")
    return refuseField(
      "tiers_not_allowed",
      "/tiers",
      "Only prices of the channel msp have tiers (R20).",
    );
  if (tiers.some((tier, index) => index > 0 && tier.from <= (tiers[index - 1]?.from ?? 0)))
    return refuseField(
      "tiers_not_ascending",
      "/tiers",
      "Each tier has to begin above the one before.",
    );
  const validFrom = readLocalDate(body.validFrom, "/validFrom");
  const standing = await findPricesOf(world.tx, product.id, body.channel, body.currency);
  const today = dayOf(world.at, firstZone);
  if (
    standing.length > 0 &&
    validFrom <= today &&
    !standing.some((price) => price.validFrom === validFrom)
  )
    return refuseField(
      "price_starts_in_past",
      "/validFrom",
      `The product has a price in this channel and currency already; another one can begin on ${addDays(today, 1)} or later.`,
    );
  const price: StoredPrice = {
    id: toPriceId(makeId("price")),
    product: product.id,
    channel: body.channel,
    currency: body.currency,
    unitPrice: readDecimal(body.unitPrice, parsePrice, "/unitPrice"),
    validFrom,
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
