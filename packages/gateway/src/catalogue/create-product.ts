import { toProductId } from "@evergate/core";
import { refuse, type Refused } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { makeId } from "../ids.ts";
import { insertProduct, type StoredProduct } from "../store/catalogue.ts";
import { toWireProduct } from "./to-wire.ts";

/** Makes a product. Its code is unique: `product_code_taken`. */
export const createProduct: WriteRoom<"createProduct"> = async ({ body }, world) => {
  if (body.minQuantity > body.maxQuantity) return refuseEmptyRange();
  const product: StoredProduct = {
    id: toProductId(makeId("prod")),
    code: body.code,
    name: body.name,
    unit: body.unit,
    minQuantity: body.minQuantity,
    maxQuantity: body.maxQuantity,
    createdAt: world.at,
  };
  const wire = toWireProduct(product);
  await insertProduct(world.tx, product);
  await recordOperatorChange(world, "createProduct", product.id, null, wire);
  return { status: 201, body: wire, headers: { location: `/v1/products/${product.id}` } };
};

export function refuseEmptyRange(): Refused {
  return refuse(
    "quantity_range_empty",
    "minQuantity is greater than maxQuantity: no quantity would fit.",
  );
}
