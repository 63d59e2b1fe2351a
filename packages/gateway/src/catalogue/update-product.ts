import { toProductId } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { lockProduct, updateProduct as update } from "../store/catalogue.ts";
import { refuseEmptyRange } from "./create-product.ts";
import { toWireProduct } from "./to-wire.ts";

/** Changes a product's name and limits. Running subscriptions keep their quantity; the limits hold for what is ordered from now on. */
export const updateProduct: WriteRoom<"updateProduct"> = async ({ path, body }, world) => {
  const before = await lockProduct(
    world.tx,
    world.services.store.dialect,
    toProductId(path.productId),
  );
  if (before === undefined) return refuse("not_found", `There is no product ${path.productId}.`);
  const after = {
    ...before,
    name: body.name ?? before.name,
    minQuantity: body.minQuantity ?? before.minQuantity,
    maxQuantity: body.maxQuantity ?? before.maxQuantity,
  };
  if (after.minQuantity > after.maxQuantity) return refuseEmptyRange();
  await update(world.tx, after);
  await recordOperatorChange(
    world,
    "updateProduct",
    after.id,
    toWireProduct(before),
    toWireProduct(after),
  );
  return { status: 200, body: toWireProduct(after) };
};
