import type { WriteRoom } from "../app/room.ts";
import { takeOnPartner } from "./take-on-partner.ts";

/** Makes a partner without an application. */
export const createPartner: WriteRoom<"createPartner"> = async ({ body }, world) => {
  const partner = await takeOnPartner(world, body, "createPartner");
  if ("refused" in partner) return partner;
  return { status: 201, body: partner, headers: { location: `/v1/partners/${partner.id}` } };
};
