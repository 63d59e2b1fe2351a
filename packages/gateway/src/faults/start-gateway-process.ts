import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inject, onTestFinished } from "vitest";
import { apiOf, type Api } from "../testing/api.ts";
import { bareEnvironment } from "../testing/bare-environment.ts";
import { testOperatorKey, testSecretKey } from "../testing/start-test-gateway.ts";

export interface GatewayProcess {
  readonly pid: number;
  readonly baseUrl: string;
  /** When it was started, by this process's clock. */
  readonly startedAtMs: number;
  /** What it has logged so far (warnings and errors). */
  readLog(): string;
  readonly hasExited: () => boolean;
  /** Calls it by HTTP with a key, the operator's unless another is given. */
  api(key?: string): Api;
  /** SIGSTOP and SIGCONT: it stands still, with all it holds, until it is woken. */
  freeze(): void;
  wake(): void;
  /** SIGTERM: settled when it has ended by itself. */
  stop(): Promise<void>;
  /** SIGKILL: nothing of it runs any more when this is settled. */
  kill(): Promise<void>;
}

export interface GatewayProcessOptions {
  /** By how much its clock differs from the system's. */
  readonly clockOffsetMs?: number;
  /** A file that says it, where it is to change while the process runs. */
  readonly clockFile?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The processes that still run, so that none outlives its test, not even a failed one. */
const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Starts a real gateway, `evergate serve`, over a database. Settled as soon as it answers requests. */
export async function startGatewayProcess(
  databaseUrl: string,
  options: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  return launchGatewayProcess(databaseUrl, options).started;
}

export interface LaunchedGateway {
  /** Rejects where it ends before it answers. */
  readonly started: Promise<GatewayProcess>;
  kill(): Promise<void>;
}

/** The same, to be killed also before it answers. */
export function launchGatewayProcess(
  databaseUrl: string,
  options: GatewayProcessOptions = {},
): LaunchedGateway {
  const startedAtMs = Date.now();
  const { child, listening, readLog } = spawnGateway(databaseUrl, options);
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasExited()) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const kill = (): Promise<void> => end("SIGKILL");
  onTestFinished(kill);
  const started = listening.then((port): GatewayProcess => {
    const baseUrl = `http://127.0.0.1:${port}`;
    return {
      pid: child.pid ?? 0,
      baseUrl,
      startedAtMs,
      readLog: () => summarise(readLog()),
      hasExited,
      freeze: () => void child.kill("SIGSTOP"),
      wake: () => void child.kill("SIGCONT"),
      stop: () => end("SIGTERM"),
      api: (key = testOperatorKey) =>
        apiOf({ fetch: (request) => fetch(request), baseUrl, operatorKey: testOperatorKey }, key),
      kill,
    };
  });
  // Who kills it early does not ask for it any more.
  started.catch(() => {});
  return { started, kill };
}

const shiftClock = fileURLToPath(new URL("shift-clock.ts", import.meta.url));

function spawnGateway(
  databaseUrl: string,
  options: GatewayProcessOptions,
): { child: ChildProcess; listening: Promise<string>; readLog: () => string } {
  const child = spawn(process.execPath, ["--import", shiftClock, inject("command"), "serve"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...bareEnvironment(),
      EVERGATE_DATABASE_URL: databaseUrl,
      EVERGATE_SECRET_KEY: testSecretKey,
      EVERGATE_OPERATOR_KEY: testOperatorKey,
      EVERGATE_PORT: "0",
      EVERGATE_LOG_LEVEL: "warn",
      FAULTS_CLOCK_OFFSET_MS: String(options.clockOffsetMs ?? 0),
      ...(options.clockFile === undefined ? {} : { FAULTS_CLOCK_FILE: options.clockFile }),
      ...options.env,
    },
  });
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  let log = "";
  child.stderr?.on("data", (text: Buffer) => {
    log = (log + text.toString()).slice(-200_000);
  });
  const listening = new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (text: Buffer) => {
      output += text.toString();
      const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port !== undefined) resolve(port);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`The gateway ended before it listened (${code ?? signal}): ${log}`)),
    );
  });
  return { child, listening, readLog: () => log };
}

/** Of every line that was logged, what happened and why: stacks say little to who reads a failed test. */
function summarise(log: string): string {
  const lines = log.split("\n").map((line) => {
    const [message] = /"msg":"[^"]*"/.exec(line) ?? [line];
    return `${message} ${/"message":"[^"]*"/.exec(line)?.[0] ?? ""}`;
  });
  return [...new Set(lines)].join("\n").slice(0, 3_000);
}
