import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Evergate, isEvergateError } from "@evergate/sdk";
import type { Household } from "./household.ts";

const startTimeoutMs = 20_000;
const lookEveryMs = 50;

export interface GatewayOptions {
  readonly dataFolder: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly operatorKey: string;
}

export interface Gateway {
  readonly baseUrl: string;
  readonly pid: number;
  readonly logPath: string;
}

/** Starts the real gateway, `evergate serve`, in a process of its own, and waits until it can answer. */
export async function startGateway(
  household: Household,
  options: GatewayOptions,
): Promise<Gateway> {
  const { dataFolder, port, operatorKey } = options;
  const logPath = join(dataFolder, "gateway.log");
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(process.execPath, [findCommand(), "serve"], {
    env: {
      ...withoutSettings(process.env),
      EVERGATE_DATABASE_URL: `file:${join(dataFolder, "evergate.db")}`,
      EVERGATE_HOST: "127.0.0.1",
      EVERGATE_PORT: String(port),
      EVERGATE_OPERATOR_KEY: operatorKey,
      // The receiver is on this machine: without this, webhooks go to public addresses only.
      EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true",
      EVERGATE_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", log, log],
    // Ctrl-C is sent to every process of the terminal's group. The gateway leaves it, to be stopped once, and in order.
    detached: process.platform !== "win32",
  });
  closeSync(log);
  household.add(child, (outcome) => explainEnd(outcome, logPath));
  return Promise.race([household.ended, waitUntilReady(child.pid ?? 0, logPath, operatorKey)]);
}

/** The gateway's command, found as any program that depends on the package would find it. */
function findCommand(): string {
  const require = createRequire(import.meta.url);
  const manifestPath = require.resolve("@evergate/gateway/package.json");
  const manifest: unknown = require(manifestPath);
  const bin: unknown =
    typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "bin") : null;
  const command: unknown =
    typeof bin === "object" && bin !== null ? Reflect.get(bin, "evergate") : null;
  if (typeof command !== "string") throw new Error(`${manifestPath} names no command "evergate".`);
  return join(dirname(manifestPath), command);
}

/** The demo's gateway is set by the demo alone: a setting that is in the air could lead it to a real database. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("EVERGATE_")));
}

async function waitUntilReady(pid: number, logPath: string, apiKey: string): Promise<Gateway> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const baseUrl = /listens on (http:\/\/\S+)/.exec(readFileSync(logPath, "utf8"))?.[1];
    if (baseUrl !== undefined && (await isReady(baseUrl, apiKey))) return { baseUrl, pid, logPath };
    if (performance.now() > deadline)
      throw new Error(
        `The gateway was not ready after ${startTimeoutMs / 1000} s; its log is ${logPath}.`,
      );
    await delay(lookEveryMs);
  }
}

async function isReady(baseUrl: string, apiKey: string): Promise<boolean> {
  const { system } = new Evergate({ apiKey, baseUrl, maxRetries: 0, timeoutMs: 1_000 });
  try {
    await system.getReadiness();
    return true;
  } catch (error) {
    if (isEvergateError(error)) return false;
    throw error;
  }
}

function explainEnd(outcome: string, logPath: string): string {
  const lastLine = readFileSync(logPath, "utf8").trim().split("\n").at(-1) ?? "";
  return `The gateway ended ${outcome}${lastLine === "" ? "." : `: ${lastLine}`} Its log is ${logPath}.`;
}
