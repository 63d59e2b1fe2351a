import { operatorRecord } from "../record/chain.ts";
import { StartError } from "../server/start-error.ts";
import { toPartnerId } from "../ids.ts";
import { findPartner, listPartnerIds } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** So many partners are looked up at once. */
const pageSize = 500;

/** Whose records are meant: one partner's, or all, the operator's first. */
export async function* listOwners(
  db: Reader,
  partner: string | null,
): AsyncGenerator<string, void, void> {
  if (partner !== null) {
    if (partner !== operatorRecord && (await findPartner(db, toPartnerId(partner))) === undefined)
      throw new StartError(`There is no partner ${partner}.`);
    yield partner;
    return;
  }
  yield operatorRecord;
  for (let after = ""; ;) {
    const ids = await listPartnerIds(db, after, pageSize);
    yield* ids;
    const last = ids.at(-1);
    if (last === undefined || ids.length < pageSize) return;
    after = last;
  }
}
