import { operatorRecord } from "../record/chain.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { findHead } from "../store/audit-links.ts";
import type { Store } from "../store/store.ts";
import { StartError } from "./start-error.ts";

/**
 * Nothing may be recorded under another key than the record's: later nobody could tell it from what strangers have
 * written. Throws {@link StartError} where the key is another.
 */
export async function checkRecordKey(store: Store, sealer: Sealer): Promise<void> {
  // The operator's own record is the first of all: a gateway makes it as it starts.
  const head = await findHead(store.reader, operatorRecord);
  if (head !== undefined && head.key !== sealer.keyId)
    throw new StartError(
      "EVERGATE_SECRET_KEY (or the key file beside the database) is not the one that this database's record is sealed with. Restore it. Only where it is lost for good: evergate audit rekey",
    );
}
