import type { components } from "../generated/api.ts";
import type { Reader, Transaction } from "./store.ts";

/** The company that a partner is, as the API answers it. It is stored as it stands. */
export type Company = components["schemas"]["Company"];

/** Who stands on a bill or a credit note: its supplier, or its recipient. It is stored as it stands. */
export type Party = components["schemas"]["BillParty"];

/** The operator's company with the id that the record knows it by. */
export interface OperatorCompany {
  readonly id: string;
  readonly party: Party;
}

/** There is one operator, and so one row at most. */
const theOperator = "operator";

export async function findOperatorCompany(db: Reader): Promise<OperatorCompany | undefined> {
  const row = await db
    .selectFrom("operator_company")
    .select(["id", "party"])
    .where("operator", "=", theOperator)
    .executeTakeFirst();
  return row && { id: row.id, party: parseParty(row.party) };
}

/** Fails with a unique violation where there is one. */
export async function insertOperatorCompany(
  tx: Transaction,
  { id, party }: OperatorCompany,
): Promise<void> {
  await tx
    .insertInto("operator_company")
    .values({ operator: theOperator, id, party: JSON.stringify(party) })
    .execute();
}

export async function updateOperatorCompany(tx: Transaction, party: Party): Promise<void> {
  await tx
    .updateTable("operator_company")
    .set({ party: JSON.stringify(party) })
    .where("operator", "=", theOperator)
    .execute();
}

export function parseParty(text: string): Party {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from a Party
  return JSON.parse(text) as Party;
}
