import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createServer, request as sendRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { sql } from "kysely";
import { describe, expect, onTestFinished, inject, test } from "vitest";
import type { components } from "../generated/api.ts";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { bareEnvironment } from "../testing/bare-environment.ts";
import { runEvergate, startServe } from "../testing/run-evergate.ts";
import { testStores, type TestDatabase, type TestStores } from "../testing/open-test-stores.ts";
import { testSecretKey } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const operatorKey = "an-operator-key-of-the-tests-1";

describe.each(testStores)("serve on $name", (stores) => {
  test("migrates an empty database, answers, and stops cleanly on SIGTERM", async () => {
    const env = await makeEnv(stores);
    const server = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${server.url}/v1/products`, withKey(operatorKey))).status).toBe(200);
    server.signal("SIGTERM");
    expect(await server.ended).toBe(0);
    // It says where it is, and nothing secret.
    expect(server.readOutput()).toContain(`${server.url}/docs`);
    expect(server.readOutput() + server.readErrors()).not.toContain(operatorKey);
    expect(server.readErrors()).not.toContain("postgres:");
  });

  test("makes an operator's key where there is none, shows it once, and never again", async () => {
    const env = await makeEnv(stores);
    const first = await startServe(env);
    const secret = /evg_operator_\S+/.exec(first.readOutput())?.[0] ?? "";
    expect((await fetch(`${first.url}/v1/products`, withKey(secret))).status).toBe(200);
    first.signal("SIGINT");
    expect(await first.ended).toBe(0);
    expect(first.readErrors()).not.toContain(secret);
    const second = await startServe(env);
    expect(second.readOutput()).not.toContain("evg_operator_");
    expect((await fetch(`${second.url}/v1/products`, withKey(secret))).status).toBe(200);
  });

  test("revokes the variable's former key when the variable changes, and records it", async () => {
    const env = await makeEnv(stores);
    const first = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    first.signal("SIGTERM");
    await first.ended;
    const newKey = "an-operator-key-of-the-tests-2";
    const second = await startServe({ ...env, EVERGATE_OPERATOR_KEY: newKey });
    expect((await fetch(`${second.url}/v1/products`, withKey(operatorKey))).status).toBe(401);
    const answer = await fetch(`${second.url}/v1/audit-log`, withKey(newKey));
    const { data } = (await answer.json()) as Schemas["AuditEntryList"];
    expect(data.map(({ action, actor }) => `${action} by ${actor}`)).toEqual([
      "revokeApiKey by start of the server",
      "createApiKey by start of the server",
      "webhook_key.created by start of the server",
      "createApiKey by start of the server",
    ]);
    expect(JSON.stringify(data)).not.toContain(newKey);
    second.signal("SIGTERM");
    await second.ended;
    // Going back does not bring a revoked key back to life; there is another to come in with, and a new one is made.
    const third = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    expect((await fetch(`${third.url}/v1/products`, withKey(operatorKey))).status).toBe(401);
    expect(third.readErrors()).toContain("stays revoked");
    expect(third.readOutput()).toMatch(/evg_operator_\S{40}/);
  });

  test("--no-migrate refuses an empty database and starts on a migrated one", async () => {
    const env = await makeEnv(stores);
    const refused = await runEvergate(["serve", "--no-migrate"], { ...env, EVERGATE_PORT: "0" });
    expect(refused.code).toBe(1);
    expect(refused.errors).toMatch(/evergate migrate\n$/);
    expect(refused.errors.trim().split("\n")).toHaveLength(1);
    const migrated = await runEvergate(["migrate"], env);
    expect(migrated).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Migrated: 0001-first/),
    });
    const server = await startServe(env, ["--no-migrate"]);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("refuses a database that a newer version has migrated", async () => {
    const env = await makeEnv(stores);
    await withStore(env.EVERGATE_DATABASE_URL, async (store) => {
      await migrate(store);
      await store.transaction((tx) =>
        sql`insert into migrations (name, applied_at) values ('9999-future', 0)`.execute(tx),
      );
    });
    const refused = await runEvergate(["serve"], { ...env, EVERGATE_PORT: "0" });
    expect(refused).toMatchObject({ code: 1, output: "" });
    expect(refused.errors).toMatch(/newer Evergate/);
    expect(refused.errors).not.toMatch(/\n\s+at /);
  });

  test("lets a request in flight finish after SIGTERM, and takes no new one", async () => {
    const env = await makeEnv(stores);
    const server = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    const body = JSON.stringify(product);
    const { request, answered } = beginPost(`${server.url}/v1/products`, body);
    request.write(body.slice(0, 10));
    // An idle connection must not hold the server.
    await (await fetch(`${server.url}/healthz`)).text();
    server.signal("SIGTERM");
    await waitUntilRefused(server.url);
    request.end(body.slice(10));
    const answer = await answered;
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.connection).toBe("close");
    const startedAt = performance.now();
    expect(await server.ended).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await withStore(env.EVERGATE_DATABASE_URL, async (store) => {
      const { rows } = await sql<{ code: string }>`select code from products`.execute(store.reader);
      expect(rows).toEqual([{ code: product.code }]);
    });
  });

  test("starts twice at the same moment over one empty database", async () => {
    const env = await makeEnv(stores);
    const servers = await Promise.all(
      [1, 2].map(() => startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey })),
    );
    for (const { url } of servers)
      expect((await fetch(`${url}/v1/products`, withKey(operatorKey))).status).toBe(200);
  });
});

describe("serve", () => {
  const sqlite = testStores.find(({ name }) => name === "sqlite");

  test("a second signal ends it at once", async () => {
    const server = await startServe({
      ...(await makeEnv(sqlite)),
      EVERGATE_OPERATOR_KEY: operatorKey,
    });
    const { request, answered } = beginPost(`${server.url}/v1/products`, "{}");
    const cut = answered.catch((error: unknown) => error);
    request.write("{");
    await (await fetch(`${server.url}/healthz`)).text();
    server.signal("SIGTERM");
    await waitUntilRefused(server.url);
    server.signal("SIGTERM");
    expect(await server.ended).toBe(143);
    expect(await cut).toBeInstanceOf(Error);
  });

  test("ends also where nobody reads its log any more", async () => {
    const server = startUnread(await makeEnv(sqlite));
    await server.listening;
    server.child.stderr.destroy();
    await once(server.child.stderr, "close");
    server.child.kill("SIGTERM");
    await once(server.child, "exit", { signal: AbortSignal.timeout(5_000) });
    expect(server.child.exitCode).toBe(0);
  });

  test("says in a sentence that the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const env = await makeEnv(sqlite);
    const refused = await runEvergate(["serve"], { ...env, EVERGATE_PORT: port });
    expect(refused.code).toBe(1);
    // The operator's key was not made in vain: the start that succeeds makes it, and shows it.
    const server = await startServe(env);
    expect(server.readOutput()).toContain("evg_operator_");
    // What has been logged before (the migration) is JSON; the sentence is not.
    const sentences = refused.errors
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("{"));
    expect(sentences).toEqual([
      `Port ${port} on 127.0.0.1 is in use by another program. Stop it, or set EVERGATE_PORT to another port.`,
    ]);
  });

  test.each([
    ["EVERGATE_DATABASE_URL", "mysql://x"],
    ["EVERGATE_DATABASE_URL", "file:/nowhere/at/all/evergate.db"],
    ["EVERGATE_DATABASE_URL", "postgres://user:hunter2@127.0.0.1:1/none"],
    ["EVERGATE_DATABASE_URL", "postgres://user:hunter2%@[/none"],
    ["EVERGATE_DATABASE_POOL", "0"],
    ["EVERGATE_PORT", "80a"],
    ["EVERGATE_HOST", "203.0.113.1"],
    ["EVERGATE_OPERATOR_KEY", "short"],
    ["EVERGATE_SECRET_KEY", "c2hvcnQ="],
    ["EVERGATE_ALLOW_PRIVATE_WEBHOOKS", "maybe"],
    ["EVERGATE_WEBHOOK_CONCURRENCY", "33"],
    ["EVERGATE_ALLOW_PRIVATE_WEBHOOKS", "10.0.0.0/8,10.0.0.0/8/9"],
    ["EVERGATE_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["EVERGATE_TRUSTED_PROXIES", "loopback"],
    ["EVERGATE_APPLICATIONS_PER_HOUR", "-1"],
    ["EVERGATE_LOG_LEVEL", "loud"],
    ["EVERGATE_DELIVERY", "svix"],
    ["EVERGATE_SVIX_TOKEN", "hunter2"],
  ])("names %s when it is %s", async (name, value) => {
    const env = {
      ...(await makeEnv(sqlite)),
      EVERGATE_PORT: "0",
      EVERGATE_LOG_LEVEL: "warn",
      [name]: value,
    };
    const refused = await runEvergate(["serve"], env);
    expect(refused).toMatchObject({ code: 1, output: "" });
    expect(refused.errors).toContain(name);
    expect(refused.errors).not.toContain("hunter2");
    expect(refused.errors.trim().split("\n")).toHaveLength(1);
  });

  test("shows the stack at log level debug only", async () => {
    const env = {
      EVERGATE_DATABASE_URL: "file:/nowhere/at/all/evergate.db",
      EVERGATE_LOG_LEVEL: "debug",
    };
    expect((await runEvergate(["serve"], env)).errors).toMatch(/\n\s+at /);
  });

  test("needs the secret key by variable on PostgreSQL", async () => {
    const postgres = testStores.find(({ name }) => name === "postgres");
    const { EVERGATE_DATABASE_URL } = await makeEnv(postgres);
    const refused = await runEvergate(["serve"], { EVERGATE_DATABASE_URL, EVERGATE_PORT: "0" });
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain("EVERGATE_SECRET_KEY has to be set with PostgreSQL");
  });

  test("logs a line for each request, with neither query nor key", async () => {
    const env = await makeEnv(sqlite);
    const server = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    const answer = await fetch(`${server.url}/v1/products?limit=7`, withKey(operatorKey));
    server.signal("SIGTERM");
    await server.ended;
    const lines = server
      .readErrors()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "info",
        msg: "request",
        method: "GET",
        path: "/v1/products",
        status: 200,
        ms: expect.any(Number),
        requestId: answer.headers.get("request-id"),
      }),
    );
    expect(server.readErrors()).not.toContain("limit=7");
  });

  test("warns of variables that it doesn't know, by name and not by value", async () => {
    const server = await startServe({
      ...(await makeEnv(sqlite)),
      EVERGATE_LOG_LEVEL: "warn",
      EVERGATE_DATABASE_POOLSIZE: "hunter2",
    });
    server.signal("SIGTERM");
    await server.ended;
    expect(server.readErrors()).toMatch(/"level":"warn".*: EVERGATE_DATABASE_POOLSIZE\."/);
    expect(server.readErrors()).not.toContain("hunter2");
    expect(server.readErrors()).toContain(
      "Your company is not set, so that bills name no supplier",
    );
  });

  test("refuses a partner's key as the operator's", async () => {
    const env = await makeEnv(sqlite);
    const server = await startServe({ ...env, EVERGATE_OPERATOR_KEY: operatorKey });
    const made = await fetch(`${server.url}/v1/partners`, {
      ...withKey(operatorKey, { "content-type": "application/json" }),
      method: "POST",
      body: JSON.stringify({
        name: "Danube Telecom",
        type: "reseller",
        currency: "EUR",
        timeZone: "Europe/Bratislava",
        billingPeriod: "calendar_month",
        mode: "live",
      }),
    });
    const { apiKey } = (await made.json()) as Schemas["CreatedPartner"];
    server.signal("SIGTERM");
    await server.ended;
    const refused = await runEvergate(["serve"], {
      ...env,
      EVERGATE_PORT: "0",
      EVERGATE_OPERATOR_KEY: apiKey.secret,
    });
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain("EVERGATE_OPERATOR_KEY holds a partner's key");
  });
});

const product = {
  code: "KES-CLOUD",
  name: "Endpoint Security",
  unit: "user",
  minQuantity: 1,
  maxQuantity: 100,
};

interface ServeEnv {
  readonly [name: string]: string;
  readonly EVERGATE_DATABASE_URL: string;
}

/** A fresh, empty database; it is removed when the test is over. */
async function makeEnv(stores: TestStores | undefined): Promise<ServeEnv> {
  if (stores === undefined) throw new Error("There are no test stores.");
  const database: TestDatabase = await stores.createDatabase();
  onTestFinished(() => database.remove());
  return {
    EVERGATE_DATABASE_URL: database.url,
    ...(stores.name === "postgres" ? { EVERGATE_SECRET_KEY: testSecretKey } : {}),
  };
}

/** The server in a process whose standard error the test itself can close. */
function startUnread(env: ServeEnv): {
  child: ChildProcessByStdio<null, Readable, Readable>;
  listening: Promise<void>;
} {
  const child = spawn(process.execPath, [inject("command"), "serve"], {
    env: { ...bareEnvironment(), EVERGATE_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const listening = new Promise<void>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      if (output.includes("listens on")) resolve();
    });
    child.once("exit", () => reject(new Error("The gateway ended before it listened.")));
  });
  return { child, listening };
}

function withKey(key: string, headers: Record<string, string> = {}): RequestInit {
  return { headers: { authorization: `Bearer ${key}`, ...headers } };
}

async function withStore(url: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(url);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** Begins a request of which the body is still to come. */
function beginPost(
  url: string,
  body: string,
): { request: ReturnType<typeof sendRequest>; answered: Promise<IncomingMessage> } {
  const request = sendRequest(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${operatorKey}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", (answer) => {
      answer.resume();
      resolve(answer);
    });
    request.once("error", reject);
  });
  return { request, answered };
}

/** Waits until nothing is accepted any more. */
async function waitUntilRefused(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(`${url}/healthz`, { headers: { connection: "close" } })).text();
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
