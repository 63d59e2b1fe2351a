import type { PartnerId } from "../ids.ts";
import type { Transaction } from "./store.ts";

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
