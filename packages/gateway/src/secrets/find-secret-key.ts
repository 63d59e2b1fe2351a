import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { SettingError, type Settings } from "../settings.ts";
import { toPath } from "../store/database-url.ts";

/**
 * The key under which secrets are encrypted: `EVERGATE_SECRET_KEY`, or, beside an SQLite file,
 * `<file>.key`, made at the first start and readable by its owner only.
 * Throws {@link SettingError} where PostgreSQL is used without the variable: several processes must share it.
 */
export function findSecretKey(settings: Settings): string {
  if (settings.secretKey !== null) return settings.secretKey;
  if (!settings.databaseUrl.startsWith("file:"))
    throw new SettingError(
      "EVERGATE_SECRET_KEY has to be set with PostgreSQL: 32 bytes in base64; make one with: openssl rand -base64 32",
    );
  const path = `${toPath(settings.databaseUrl)}.key`;
  try {
    const file = openSync(path, "wx", 0o600);
    const key = randomBytes(32).toString("base64");
    writeSync(file, `${key}\n`);
    fsyncSync(file);
    closeSync(file);
    return key;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const key = readFileSync(path, "utf8").trim();
    if (!/^[A-Za-z0-9+/]{43}=$/.test(key))
      throw new SettingError(
        `The key file ${path} does not hold 32 bytes in base64. Restore it, or set EVERGATE_SECRET_KEY.`,
        { cause: error },
      );
    return key;
  }
}

/** The same key where there is one already; null where there is none. It makes nothing. */
export function readSecretKey(settings: Settings): string | null {
  if (settings.secretKey !== null) return settings.secretKey;
  if (!settings.databaseUrl.startsWith("file:")) return null;
  return existsSync(`${toPath(settings.databaseUrl)}.key`) ? findSecretKey(settings) : null;
}
