import { refuse } from "../app/problem.ts";
import type { ReadRoom } from "../app/room.ts";
import { findProductByReference } from "../store/catalogue.ts";
import { toWireProduct } from "./to-wire.ts";

/** Reads one product. */
export const getProduct: ReadRoom<"getProduct"> = async ({ path }, { db }) => {
  const product = await findProductByReference(db, path.productId);
  if (product === undefined) return refuse("not_found", `There is no product ${path.productId}.`);
  return { status: 200, body: toWireProduct(product) };
};
