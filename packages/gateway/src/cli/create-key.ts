import { toInstant } from "@evergate/core";
import { allScopes } from "../auth/issue-key.ts";
import { makeKeySecret } from "../auth/key-secret.ts";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import { createSealer } from "../secrets/sealer.ts";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { addKey } from "../server/add-key.ts";
import { checkRecordKey } from "../server/check-record-key.ts";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { variableName } from "../server/ensure-operator-key.ts";
import { StartError } from "../server/start-error.ts";
import { readSettings } from "../settings.ts";
import { findPartner } from "../store/partners.ts";
import { UsageError, type Environment, type Flags } from "./command.ts";
import { findUser } from "./find-user.ts";
import { useStore } from "./use-store.ts";

/** As the contract has it for keys made by the API. */
const maximumNameLength = 100;

/** Makes a key. The secret alone goes to standard output, so that a script can take it; what it is goes to standard error. */
export async function runCreateKey(flags: Flags, env: Environment): Promise<number> {
  const wanted = readWanted(flags);
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  const secret = makeKeySecret(wanted.kind);
  const key = await useStore(settings, async (store) => {
    await checkMigrated(store);
    const sealer = createSealer(findSecretKey(settings));
    await checkRecordKey(store, sealer);
    return store.transaction(async (tx) => {
      if (wanted.partner !== null && (await findPartner(tx, wanted.partner)) === undefined)
        throw new StartError(`There is no partner ${wanted.partner}.`);
      return addKey(
        tx,
        sealer,
        wanted,
        secret,
        `command line (${findUser()})`,
        toInstant(Temporal.Now.instant().epochMilliseconds),
      );
    });
  });
  process.stderr.write(
    `Made ${key.id}, the ${key.kind}'s key "${key.name}". Its secret is shown this once:\n`,
  );
  process.stdout.write(`${secret}\n`);
  return 0;
}

interface WantedKey {
  readonly kind: "operator" | "partner";
  readonly partner: PartnerId | null;
  readonly name: string;
  readonly scopes: readonly string[];
}

function readWanted(flags: Flags): WantedKey {
  const { kind } = flags;
  if (kind !== "operator" && kind !== "partner")
    throw new UsageError(
      kind === undefined
        ? "--kind is missing."
        : `--kind is operator or partner, not "${String(kind)}".`,
    );
  const partner = readText(flags, "partner");
  if (kind === "partner" && partner === null)
    throw new UsageError("A partner's key needs --partner partner_….");
  if (kind === "operator" && (partner !== null || flags["scopes"] !== undefined))
    throw new UsageError("--partner and --scopes are for a partner's key.");
  const name = readText(flags, "name") ?? "Command line";
  if (name.length > maximumNameLength || /\p{Cc}/u.test(name))
    throw new UsageError(`--name has 1 to ${maximumNameLength} characters.`);
  if (name === variableName)
    throw new UsageError(
      `--name can't be ${variableName}: that is the key which the variable sets.`,
    );
  return {
    kind,
    partner: partner === null ? null : toPartnerId(partner),
    name,
    scopes: kind === "operator" ? [] : readScopes(flags),
  };
}

function readScopes(flags: Flags): readonly string[] {
  const text = readText(flags, "scopes");
  if (text === null) return allScopes;
  const scopes = [...new Set(text.split(",").map((scope) => scope.trim()))];
  const unknown = scopes.find((scope) => !allScopes.includes(scope));
  if (unknown !== undefined)
    throw new UsageError(`--scopes has "${unknown}"; there are ${allScopes.join(", ")}.`);
  return scopes;
}

function readText(flags: Flags, name: string): string | null {
  const text = flags[name];
  return typeof text === "string" && text.trim() !== "" ? text.trim() : null;
}
