import type { PartnerId } from "../ids.ts";
import type { Reader, Transaction } from "./store.ts";

/** By subscription, the place of the event that decides for an endpoint whether it is provisioned; of one that it was never asked about there is none. */
export async function mapDecidingPlaces(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  subscriptions: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (subscriptions.length === 0) return new Map();
  const rows = await db
    .selectFrom("provisionings")
    .innerJoin("event_places as place", (join) =>
      join
        .onRef("place.partner", "=", "provisionings.partner")
        .onRef("place.event", "=", "provisionings.event"),
    )
    .select(["provisionings.subscription", "place.position"])
    .where("provisionings.partner", "=", partner)
    .where("provisionings.endpoint", "=", endpoint)
    .where("provisionings.subscription", "in", subscriptions)
    .execute();
  return new Map(rows.map(({ subscription, position }) => [subscription, position ?? 0]));
}

/** Removes what is kept for a deleted endpoint, so that it decides nothing any more, so much at a time; answers how many rows it removed. */
export async function deleteProvisionings(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  limit: number,
): Promise<number> {
  const rows = await tx
    .selectFrom("provisionings")
    .select("subscription")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .limit(limit)
    .execute();
  if (rows.length > 0)
    await tx
      .deleteFrom("provisionings")
      .where("partner", "=", partner)
      .where("endpoint", "=", endpoint)
      .where(
        "subscription",
        "in",
        rows.map(({ subscription }) => subscription),
      )
      .execute();
  return rows.length;
}
