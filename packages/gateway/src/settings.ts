import { BlockList, isIP } from "node:net";
import { companyVariables, readCompany } from "./company/company-settings.ts";
import type { Party } from "./store/parties.ts";
import { deliveryVariables, readSvix, type SvixSettings } from "./webhooks/svix/svix-settings.ts";

/** What an operator can set, read once at start from the environment variables that the README lists. */
export interface Settings {
  readonly databaseUrl: string;
  readonly port: number;
  readonly host: string;
  readonly operatorKey: string | null;
  readonly secretKey: string | null;
  readonly privateWebhooks: BlockList | boolean;
  /** How many deliveries may be on their way to an endpoint at once that doesn't say so itself. */
  readonly webhookConcurrency: number;
  /** The Svix service that events are handed to as well; null: to none. */
  readonly svix: SvixSettings | null;
  /** Addresses and CIDRs of the proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** How many applications to become a partner are taken in an hour. */
  readonly applicationsPerHour: number;
  readonly logLevel: string;
  readonly poolSize: number;
  /** The operator's own company, as it is to stand on bills. */
  readonly company: Party | null;
  /** Variables that begin like ours and are none: most likely misspelt. */
  readonly unknownVariables: readonly string[];
}

const ownVariables = [
  "EVERGATE_DATABASE_URL",
  "EVERGATE_DATABASE_POOL",
  "EVERGATE_PORT",
  "EVERGATE_HOST",
  "EVERGATE_OPERATOR_KEY",
  "EVERGATE_SECRET_KEY",
  "EVERGATE_ALLOW_PRIVATE_WEBHOOKS",
  "EVERGATE_WEBHOOK_CONCURRENCY",
  "EVERGATE_TRUSTED_PROXIES",
  "EVERGATE_APPLICATIONS_PER_HOUR",
  "EVERGATE_LOG_LEVEL",
] as const;

type Variable =
  | (typeof ownVariables)[number]
  | (typeof deliveryVariables)[number]
  | (typeof companyVariables)[number];

/** Every variable that the gateway reads. */
export const variables: readonly Variable[] = [
  ...ownVariables,
  ...deliveryVariables,
  ...companyVariables,
];

/** Those that need each other, so that none of them can be judged by itself. */
export const variableGroups: readonly (readonly Variable[])[] = [
  companyVariables,
  deliveryVariables,
];

/** Read by the commands that speak to a gateway as its users do, and by programs with the SDK as the README has them. */
const clientVariables = ["EVERGATE_URL", "EVERGATE_API_KEY", "EVERGATE_WEBHOOK_SECRET"];

/** Of an environment what the settings are read from: a variable that is not listed can't be read. */
type Environment = { readonly [Name in Variable]?: string | undefined };

/** A variable that can't be used. The message names it, quotes no secret, and says what would be right. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** Far more than a partner programme sees, and few enough to be read. */
export const defaultApplicationsPerHour = 100;

/** So many deliveries are on their way to an endpoint at once. */
export const defaultWebhookConcurrency = 8;

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Reads the settings; throws {@link SettingError} for the first that is wrong. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    databaseUrl: readDatabaseUrl(env),
    port: readInteger(env, "EVERGATE_PORT", 8080, 0, 65_535),
    host: env["EVERGATE_HOST"] || "127.0.0.1",
    operatorKey: readOperatorKey(env),
    secretKey: readSecretKey(env),
    privateWebhooks: readPrivateWebhooks(env),
    webhookConcurrency: readInteger(
      env,
      "EVERGATE_WEBHOOK_CONCURRENCY",
      defaultWebhookConcurrency,
      1,
      32,
    ),
    svix: readSvix(env, fail),
    trustedProxies: readTrustedProxies(env),
    applicationsPerHour: readInteger(
      env,
      "EVERGATE_APPLICATIONS_PER_HOUR",
      defaultApplicationsPerHour,
      0,
      1_000_000,
    ),
    logLevel: readLogLevel(env),
    company: readCompany(env, fail),
    poolSize: readInteger(env, "EVERGATE_DATABASE_POOL", 10, 1, 500),
    unknownVariables: listUnknownVariables(env),
  };
}

function fail(message: string): never {
  throw new SettingError(message);
}

/** What looks like a setting and is none: most often a slip of the pen. */
export function listUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known: ReadonlySet<string> = new Set([...variables, ...clientVariables]);
  return Object.keys(env).filter((name) => name.startsWith("EVERGATE_") && !known.has(name));
}

function readDatabaseUrl(env: Environment): string {
  const url = env["EVERGATE_DATABASE_URL"] || "file:./evergate.db";
  if (!/^(file:.+|postgres(ql)?:\/\/.+)/.test(url))
    throw new SettingError(
      "EVERGATE_DATABASE_URL has to be file:<path> (SQLite) or postgres://user@host/database.",
    );
  return url;
}

function readInteger(
  env: Environment,
  name: Variable,
  fallback: number,
  least: number,
  most: number,
): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new SettingError(
      `${name} has to be a whole number from ${least} to ${most}; it is "${text}".`,
    );
  return value;
}

function readOperatorKey(env: Environment): string | null {
  const key = env["EVERGATE_OPERATOR_KEY"];
  if (key === undefined || key === "") return null;
  // Keys are stored as a plain hash, which is safe for random keys only: a short one could be guessed from it.
  if (!/^[\x21-\x7e]{16,200}$/.test(key))
    throw new SettingError(
      "EVERGATE_OPERATOR_KEY has to be 16 to 200 visible ASCII characters; make one with: openssl rand -hex 32",
    );
  return key;
}

function readSecretKey(env: Environment): string | null {
  const key = env["EVERGATE_SECRET_KEY"];
  if (key === undefined || key === "") return null;
  if (!/^[A-Za-z0-9+/]{43}=$/.test(key))
    throw new SettingError(
      "EVERGATE_SECRET_KEY has to be 32 bytes in base64; make one with: openssl rand -base64 32",
    );
  return key;
}

function readPrivateWebhooks(env: Environment): BlockList | boolean {
  const text = env["EVERGATE_ALLOW_PRIVATE_WEBHOOKS"] ?? "";
  if (["", "0", "false", "off"].includes(text)) return false;
  if (["1", "true", "on"].includes(text)) return true;
  const list = new BlockList();
  for (const range of text.split(",")) {
    const [address = "", prefix = "", ...rest] = range.trim().split("/");
    const family = isIP(address);
    const bits = Number(prefix);
    if (
      family === 0 ||
      rest.length > 0 ||
      !/^\d+$/.test(prefix) ||
      bits > (family === 4 ? 32 : 128)
    )
      throw new SettingError(
        `EVERGATE_ALLOW_PRIVATE_WEBHOOKS has to be true, false or a list of CIDRs such as 10.0.0.0/8,fd00::/8; "${range.trim()}" is none.`,
      );
    list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

function readTrustedProxies(env: Environment): readonly string[] {
  const ranges = (env["EVERGATE_TRUSTED_PROXIES"] ?? "")
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
  for (const range of ranges) {
    const [address = "", prefix = "", ...rest] = range.split("/");
    const family = isIP(address);
    const hasPrefix = range.includes("/");
    const isPrefix = /^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
    if (family === 0 || rest.length > 0 || (hasPrefix && !isPrefix))
      throw new SettingError(
        `EVERGATE_TRUSTED_PROXIES has to be a list of addresses or CIDRs such as 10.0.0.0/8,fd00::/8; "${range}" is none.`,
      );
  }
  return ranges;
}

function readLogLevel(env: Environment): string {
  const level = env["EVERGATE_LOG_LEVEL"] || "info";
  if (!logLevels.includes(level))
    throw new SettingError(
      `EVERGATE_LOG_LEVEL has to be one of ${logLevels.join(", ")}; it is "${level}".`,
    );
  return level;
}
