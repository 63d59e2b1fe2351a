import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const operatorKey = "evg_operator_of_the_bench_0123456789";

/** 32 bytes in base64. */
export const secretKey: string = Buffer.alloc(32, 1).toString("base64");

export interface Child {
  readonly origin: string;
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the real gateway on a database, and answers once it does. */
export async function startGateway(
  databaseUrl: string,
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Child & { readonly startedInMs: number }> {
  const main = fileURLToPath(
    new URL("src/main.ts", import.meta.resolve("@evergate/gateway/package.json")),
  );
  const port = await findFreePort();
  const start = performance.now();
  const child = await startChild([...nodeOptions, main, "serve"], port, {
    EVERGATE_DATABASE_URL: databaseUrl,
    EVERGATE_OPERATOR_KEY: operatorKey,
    EVERGATE_SECRET_KEY: secretKey,
    EVERGATE_COMPANY_NAME: "Bench Distribution",
    EVERGATE_COMPANY_ADDRESS: "Mlynské nivy 5 | 821 09 Bratislava",
    EVERGATE_COMPANY_COUNTRY: "SK",
    EVERGATE_LOG_LEVEL: "warn",
    EVERGATE_PORT: String(port),
    ...env,
  });
  return { ...child, startedInMs: performance.now() - start };
}

/** Starts a bare Hono server that answers one JSON text from memory. */
export async function startBareServer(json: string): Promise<Child> {
  const port = await findFreePort();
  return startChild([fileURLToPath(new URL("bare-server-process.ts", import.meta.url))], port, {
    BARE_PORT: String(port),
    BARE_JSON: json,
  });
}

/** Starts a process of Node that answers at `/healthz`. */
export async function startChild(
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<Child> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const origin = `http://127.0.0.1:${port}`;
  await waitForAnswer(child, `${origin}/healthz`);
  return {
    origin,
    pid: child.pid ?? 0,
    stop: (signal = "SIGTERM") =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill(signal);
      }),
  };
}

async function waitForAnswer(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The process ended with ${child.exitCode} before it answered.`);
    try {
      const reply = await fetch(url);
      await reply.arrayBuffer();
      if (reply.ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(5);
  }
  throw new Error(`${url} did not answer within 30 s.`);
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
