import type { ReadRoom } from "../app/room.ts";
import { listProducts as list } from "../store/catalogue.ts";
import { toWireProduct } from "./to-wire.ts";

/** Lists the catalogue, newest first. */
export const listProducts: ReadRoom<"listProducts"> = async ({ query }, { db }) => {
  const page = await list(db, query);
  return { status: 200, body: { data: page.data.map(toWireProduct), nextCursor: page.nextCursor } };
};
