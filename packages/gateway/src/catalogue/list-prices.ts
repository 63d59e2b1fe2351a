import type { ReadRoom } from "../app/room.ts";
import { findProductByReference, listPrices as list } from "../store/catalogue.ts";
import { findPartner } from "../store/partners.ts";
import { toWirePrice } from "./to-wire.ts";

/** Lists prices, newest first; a partner sees those of its own channel and currency only. */
export const listPrices: ReadRoom<"listPrices"> = async ({ query }, { db, caller }) => {
  const own = caller.partner === null ? undefined : (await findPartner(db, caller.partner))?.terms;
  if (
    own !== undefined &&
    ((query.channel ?? own.type) !== own.type || (query.currency ?? own.currency) !== own.currency)
  )
    return { status: 200, body: { data: [], nextCursor: null } };
  const product =
    query.product === undefined
      ? undefined
      : ((await findProductByReference(db, query.product))?.id ?? query.product);
  const page = await list(
    db,
    { product, channel: own?.type ?? query.channel, currency: own?.currency ?? query.currency },
    query,
  );
  return { status: 200, body: { data: page.data.map(toWirePrice), nextCursor: page.nextCursor } };
};
