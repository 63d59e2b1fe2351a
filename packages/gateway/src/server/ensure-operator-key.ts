import type { Instant } from "@evergate/core";
import { hashKeySecret, makeKeySecret } from "../auth/key-secret.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { findApiKeyByHash, hasOperatorKey, listApiKeys, type ApiKey } from "../store/api-keys.ts";
import { UniqueViolationError, type Store, type Transaction } from "../store/store.ts";
import { addKey, revokeKey } from "./add-key.ts";
import { StartError } from "./start-error.ts";

/** The name of the key that the variable sets, by which its former values are found. */
export const variableName = "EVERGATE_OPERATOR_KEY";

/** Who made or ended these keys, in the record. */
const actor = "start of the server";

export interface OperatorKeyState {
  /** The secret of a key that had to be made, to be shown this once; null where there is one already. */
  readonly madeSecret: string | null;
  /** The variable holds a key that was revoked. It stays revoked: it may have been for a reason. */
  readonly isVariableRevoked: boolean;
}

/**
 * Makes sure that the operator can come in: the variable's key is known and its former values are revoked;
 * where there is no key of an operator at all, one is made.
 * Throws {@link StartError} where the variable holds a partner's key.
 */
export async function ensureOperatorKey(
  store: Store,
  sealer: Sealer,
  fromVariable: string | null,
  now: Instant,
): Promise<OperatorKeyState> {
  const attempt = (): Promise<OperatorKeyState> =>
    store.transaction((tx) => ensure(tx, sealer, fromVariable, now));
  try {
    return await attempt();
  } catch (error) {
    // Another process starts at the same moment with the same variable: then its key is there now.
    if (store.translate(error) instanceof UniqueViolationError) return attempt();
    throw error;
  }
}

async function ensure(
  tx: Transaction,
  sealer: Sealer,
  fromVariable: string | null,
  now: Instant,
): Promise<OperatorKeyState> {
  let isVariableRevoked = false;
  if (fromVariable !== null) {
    const known = await findApiKeyByHash(tx, hashKeySecret(fromVariable));
    if (known?.kind === "partner")
      throw new StartError(
        `${variableName} holds a partner's key. Set it to a value of its own; make one with: openssl rand -hex 32`,
      );
    if (known === undefined)
      await addKey(
        tx,
        sealer,
        { kind: "operator", partner: null, name: variableName, scopes: [] },
        fromVariable,
        actor,
        now,
      );
    isVariableRevoked = known !== undefined && known.revokedAt !== null;
    for (const former of await listFormer(tx, hashKeySecret(fromVariable)))
      await revokeKey(tx, sealer, former, actor, now);
  }
  if (await hasOperatorKey(tx, now)) return { madeSecret: null, isVariableRevoked };
  const madeSecret = makeKeySecret("operator");
  await addKey(
    tx,
    sealer,
    { kind: "operator", partner: null, name: "First operator key", scopes: [] },
    madeSecret,
    actor,
    now,
  );
  return { madeSecret, isVariableRevoked };
}

/** Keys that the variable has set before and that still work. */
async function listFormer(tx: Transaction, hash: string): Promise<readonly ApiKey[]> {
  const former: ApiKey[] = [];
  let after: string | undefined;
  do {
    const page = await listApiKeys(tx, { kind: "operator" }, { limit: 200, after });
    former.push(
      ...page.data.filter(
        (key) => key.name === variableName && key.revokedAt === null && key.hash !== hash,
      ),
    );
    after = page.nextCursor ?? undefined;
  } while (after !== undefined);
  return former;
}
