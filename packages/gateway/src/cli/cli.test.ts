import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { operatorRecord } from "../record/chain.ts";
import { linkNewEntries } from "../record/link-entries.ts";
import { createSealer } from "../secrets/sealer.ts";
import { makeWorld } from "../testing/api.ts";
import { toPath } from "../store/database-url.ts";
import { openStore } from "../store/open-store.ts";
import { testStores, type TestStores } from "../testing/open-test-stores.ts";
import { runEvergate, startServe } from "../testing/run-evergate.ts";
import { startTestGateway, testSecretKey } from "../testing/start-test-gateway.ts";

/** An answer, read only where a test knows what it holds. */
interface Answer {
  readonly status: number;
  readonly body: { readonly id: string; readonly data: readonly unknown[] };
}

describe.each(testStores)("evergate on $name", (stores) => {
  test("migrate brings an empty database up to date, once", async () => {
    const env = await makeEnv(stores);
    expect((await runEvergate(["migrate"], env)).output).toMatch(/^Migrated: /);
    expect(await runEvergate(["migrate"], env)).toMatchObject({
      code: 0,
      output: "The database is up to date.\n",
    });
  });

  test("keys create makes keys that work over HTTP, within their scopes", async () => {
    const env = await makeEnv(stores);
    const unready = await runEvergate(["keys", "create", "--kind", "operator"], env);
    expect(unready.code).toBe(1);
    expect(unready.errors).toContain("evergate migrate");

    const server = await startServe({
      ...env,
      EVERGATE_OPERATOR_KEY: "an-operator-key-of-the-tests",
    });
    const operator = await runEvergate(
      ["keys", "create", "--kind", "operator", "--name", "Night shift"],
      env,
    );
    expect(operator).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^evg_operator_\S+\n$/),
    });
    expect(operator.errors).not.toContain(operator.output.trim());
    const ask = async (key: string, path: string, body?: object): Promise<Answer> => {
      const answer = await fetch(`${server.url}${path}`, {
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    };
    const operatorSecret = operator.output.trim();
    const partner = await ask(operatorSecret, "/v1/partners", {
      name: "Danube Telecom",
      type: "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      mode: "live",
    });
    const words = [
      "keys",
      "create",
      "--kind",
      "partner",
      "--partner",
      partner.body.id,
      "--scopes",
      "read",
    ];
    const made = await runEvergate(words, env);
    const secret = made.output.trim();
    expect((await ask(secret, "/v1/partner")).body.id).toBe(partner.body.id);
    expect((await ask(secret, "/v1/customers", { name: "Hotel Carpathia" })).status).toBe(403);

    const { body: record } = await ask(operatorSecret, "/v1/audit-log");
    expect(record.data[0]).toMatchObject({
      action: "createApiKey",
      actor: expect.stringMatching(/^command line \(.+\)$/),
    });
    const stranger = await runEvergate(
      ["keys", "create", "--kind", "partner", "--partner", "partner_01h455vb4pex5vsknk084sn02q"],
      env,
    );
    expect(stranger).toMatchObject({
      code: 1,
      output: "",
      errors: expect.stringContaining("There is no partner"),
    });
  });

  test("audit export and audit verify check the record, of the database and of a file, and name what is wrong", async () => {
    const env = { ...(await makeEnv(stores)), EVERGATE_SECRET_KEY: testSecretKey };
    await runEvergate(["migrate"], env);
    const store = await openStore(env.EVERGATE_DATABASE_URL);
    onTestFinished(() => store.close());
    const { partner, subscribe } = await makeWorld(
      await startTestGateway({
        ...stores,
        open: async () => ({ ...store, close: async () => {} }),
      }),
    );
    await subscribe();
    const sealer = createSealer(testSecretKey);
    for (const owner of [operatorRecord, partner.id]) await linkNewEntries(store, sealer, owner);

    const exported = await runEvergate(["audit", "export"], env);
    expect(exported).toMatchObject({ code: 0, errors: "" });
    const directory = mkdtempSync(join(tmpdir(), "evergate-record-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "record.jsonl");
    writeFileSync(file, exported.output);
    const checked = await runEvergate(["audit", "verify", file], {
      EVERGATE_SECRET_KEY: testSecretKey,
    });
    const verified = await runEvergate(["audit", "verify"], env);
    expect(checked).toEqual(verified);
    expect(verified).toMatchObject({ code: 0, errors: "" });
    expect(verified.output).toMatch(/^operator: \d+ entries, no fault, head \d+:/);
    const [, head = ""] =
      new RegExp(`^${partner.id}: .* head (\\S+)$`, "m").exec(verified.output) ?? [];
    expect(head).toMatch(/^\d+:/);

    for (const [path, reason] of [
      [join(directory, "none.jsonl"), "there is no such file"],
      [directory, "it is a directory"],
    ]) {
      const unread = await runEvergate(["audit", "verify", path ?? ""], {});
      expect(unread).toMatchObject({ code: 1, output: "" });
      expect(unread.errors).toContain(`The file ${path} can't be read: ${reason}.`);
    }

    // Without the key a file is checked as far as that goes, which is said.
    writeFileSync(
      file,
      (await runEvergate(["audit", "export", "--partner", partner.id], env)).output,
    );
    const unsealed = await runEvergate(["audit", "verify", file, "--head", head], {});
    expect(unsealed.code).toBe(0);
    expect(unsealed.output).toContain("seals were not checked");
    writeFileSync(file, exported.output.replace('"action":"createSubscription"', '"action":"x"'));
    const tampered = await runEvergate(["audit", "verify", file], {});
    expect(tampered.code).toBe(1);
    expect(tampered.output).toMatch(/^ {2}changed +\d+ {2}audit_/m);

    const other = { ...env, EVERGATE_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
    const differing = await runEvergate(["audit", "verify"], other);
    expect(differing.code).toBe(1);
    expect(differing.output).not.toContain("no fault,");
    expect(differing.output).toContain("can't be checked with this EVERGATE_SECRET_KEY");
    for (const words of [["serve"], ["keys", "create", "--kind", "operator"]]) {
      const refused = await runEvergate(words, { ...other, EVERGATE_PORT: "0" });
      expect(refused.code).toBe(1);
      expect(refused.errors).toContain("evergate audit rekey");
    }
    await store.transaction((tx) =>
      sql`delete from audit_log where partner = ${partner.id} and action = 'createSubscription'`.execute(
        tx,
      ),
    );
    const found = await runEvergate(["audit", "verify", "--partner", partner.id], env);
    expect(found.code).toBe(1);
    expect(found.output).toMatch(/^ {2}removed +\d+ {2}audit_/m);
    expect(found.output).toMatch(/^ {2}missing +- {2}sub_/m);
    // Everything is gone, and it is not taken for a record in which there is nothing yet.
    await store.transaction(async (tx) => {
      for (const table of ["audit_log", "audit_links", "audit_heads"])
        await sql`delete from ${sql.table(table)} where partner = ${partner.id}`.execute(tx);
    });
    const wiped = await runEvergate(["audit", "verify", "--partner", partner.id], env);
    expect(wiped.code).toBe(1);
    expect(wiped.output).toContain(`${partner.id}: 0 entries, 2 faults`);
    expect(wiped.output).toMatch(/^ {2}missing +- {2}cus_/m);
  }, 120_000);

  test("doctor finds a served database well, beside the server", async () => {
    const env = await makeEnv(stores);
    await startServe(env);
    const ran = await runEvergate(["doctor"], env);
    expect(ran.output).not.toContain("failed");
    expect(ran.code).toBe(0);
    for (const name of ["settings", "database", "schema", "secrets", "operator key", "clock"])
      expect(ran.output).toMatch(new RegExp(`^ok +${name} `, "m"));
  });

  test("the start and doctor tell that the gateway's signing keys were sealed with another key", async () => {
    const env = { ...(await makeEnv(stores)), EVERGATE_SECRET_KEY: testSecretKey };
    const first = await startServe(env);
    first.signal("SIGTERM");
    await first.ended;
    expect(first.readErrors()).not.toContain("signing keys");
    expect((await runEvergate(["doctor"], env)).output).toMatch(/^ok +secrets +the key opens/m);

    // Nobody has an endpoint yet, and the record has gone on under the new key.
    const other = { ...env, EVERGATE_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
    expect((await runEvergate(["audit", "rekey"], other)).code).toBe(0);
    const second = await startServe(other);
    second.signal("SIGTERM");
    await second.ended;
    expect(second.readErrors()).toContain(
      "signing keys were sealed with: webhooks can't be signed",
    );
    expect((await runEvergate(["doctor"], other)).output).toMatch(
      /^failed +secrets .*signing keys/m,
    );

    const roll = ["webhook-keys", "roll", "--overlap-days", "0"];
    expect((await runEvergate(roll, other)).code).toBe(0);
    expect((await runEvergate(["doctor"], other)).output).toMatch(/^ok +secrets +the key opens/m);
  }, 60_000);

  test("doctor tells what waits for Svix, and why", async () => {
    const env = {
      ...(await makeEnv(stores)),
      EVERGATE_OPERATOR_KEY: "an-operator-key-of-the-tests",
      EVERGATE_DELIVERY: "svix",
      // Nothing listens there, and it is none of the ports that `fetch` refuses.
      EVERGATE_SVIX_URL: "http://127.0.0.1:2",
      EVERGATE_SVIX_TOKEN: "hunter2",
    };
    const server = await startServe(env);
    const examine = async (sentence: RegExp): Promise<void> => {
      const givesUpAt = performance.now() + 30_000;
      for (;;) {
        const { output } = await runEvergate(["doctor"], env);
        expect(output).not.toContain("hunter2");
        if (sentence.test(output)) return;
        if (performance.now() > givesUpAt) throw new Error(output);
      }
    };
    await examine(/^ok +svix +0 events wait to be handed over; none was refused$/m);
    const made = await fetch(`${server.url}/v1/partners`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${env.EVERGATE_OPERATOR_KEY}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        name: "Danube Telecom",
        type: "reseller",
        currency: "EUR",
        timeZone: "Europe/Bratislava",
        billingPeriod: "calendar_month",
        mode: "live",
      }),
    });
    expect(made.status).toBe(201);
    await examine(
      /^failed +svix +1 event waits .* evt_\w+ was not accepted: Svix could not be reached: ECONNREFUSED\.$/m,
    );
    expect(server.readErrors()).toContain("Svix could not be reached");
    expect(server.readErrors()).not.toContain("hunter2");
  }, 120_000);

  test("doctor finds a database that is not migrated", async () => {
    const env = await makeEnv(stores);
    if (stores.name === "sqlite") await (await openStore(env.EVERGATE_DATABASE_URL)).close();
    const ran = await runEvergate(["doctor"], env);
    expect(ran.code).toBe(1);
    expect(ran.output).toMatch(/^failed +schema .*evergate migrate$/m);
  });

  test("doctor finds a key that opens nothing, no operator's key, and a clock that is behind", async () => {
    const env = { ...(await makeEnv(stores)), EVERGATE_SECRET_KEY: testSecretKey };
    const server = await startServe({ ...env, EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true" });
    const key = /evg_operator_\S+/.exec(server.readOutput())?.[0] ?? "";
    const post = async (path: string, body: object, partner = ""): Promise<{ id: string }> => {
      const answer = await fetch(`${server.url}${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          ...(partner === "" ? {} : { "evergate-partner": partner }),
        },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(201);
      return (await answer.json()) as { id: string };
    };
    const { id } = await post("/v1/partners", {
      name: "Danube Telecom",
      type: "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      mode: "live",
    });
    await post("/v1/webhook-endpoints", { url: "http://127.0.0.1:9/hook", eventTypes: ["*"] }, id);
    server.signal("SIGTERM");
    await server.ended;
    expect((await runEvergate(["doctor"], env)).output).toMatch(/^ok +secrets +the key opens/m);

    const store = await openStore(env.EVERGATE_DATABASE_URL);
    await store.transaction(async (tx) => {
      await sql`update api_keys set revoked_at = created_at where kind = 'operator'`.execute(tx);
      // A clock set back: the newest of them all is a partner's, and its ids tell the same time.
      await sql`update audit_log set recorded_at = recorded_at + 3600000 where partner = ${id}`.execute(
        tx,
      );
    });
    await store.close();
    const otherKey = Buffer.alloc(32, 1).toString("base64");
    const ran = await runEvergate(["doctor"], { ...env, EVERGATE_SECRET_KEY: otherKey });
    expect(ran.code).toBe(1);
    expect(ran.output).toMatch(/^failed +secrets /m);
    expect(ran.output).toMatch(/^failed +operator key /m);
    expect(ran.output).toMatch(/^failed +clock .*behind/m);
  });
});

describe("doctor", () => {
  test("tells every variable that is wrong, and those that are none", async () => {
    const ran = await runEvergate(["doctor"], {
      EVERGATE_PORT: "x",
      EVERGATE_LOG_LEVEL: "loud",
      EVERGATE_OPERATOR_KEY: "short",
      EVERGATE_DB_URL: "file:./x.db",
    });
    expect(ran.code).toBe(1);
    for (const name of [
      "EVERGATE_PORT",
      "EVERGATE_LOG_LEVEL",
      "EVERGATE_OPERATOR_KEY",
      "EVERGATE_DB_URL",
    ])
      expect(ran.output).toMatch(new RegExp(`^failed +settings +${name} `, "m"));
  });

  test("tells a database that can't be reached, without its password", async () => {
    const env = {
      EVERGATE_DATABASE_URL: "postgres://evergate:hunter2@127.0.0.1:1/evergate",
      EVERGATE_SECRET_KEY: testSecretKey,
    };
    const ran = await runEvergate(["doctor"], env);
    expect(ran.code).toBe(1);
    expect(ran.output).toMatch(/^failed +database +.*ECONNREFUSED/m);
    expect(ran.output + ran.errors).not.toContain("hunter2");
  });

  test.skipIf(process.platform === "win32")(
    "tells a key file that is missing, or that others can read",
    async () => {
      const sqlite = testStores.find(({ name }) => name === "sqlite");
      const env = await makeEnv(sqlite);
      const server = await startServe(env);
      server.signal("SIGTERM");
      await server.ended;
      const file = `${toPath(env.EVERGATE_DATABASE_URL)}.key`;
      chmodSync(file, 0o644);
      expect((await runEvergate(["doctor"], env)).output).toMatch(/^failed +secrets .*chmod 600/m);
      rmSync(file);
      expect((await runEvergate(["doctor"], env)).output).toMatch(/^failed +secrets .*is missing/m);
    },
  );
});

interface CliEnv {
  readonly [name: string]: string;
  readonly EVERGATE_DATABASE_URL: string;
}

async function makeEnv(stores: TestStores | undefined): Promise<CliEnv> {
  if (stores === undefined) throw new Error("There are no test stores.");
  const database = await stores.createDatabase();
  onTestFinished(() => database.remove());
  return {
    EVERGATE_DATABASE_URL: database.url,
    ...(stores.name === "postgres" ? { EVERGATE_SECRET_KEY: testSecretKey } : {}),
  };
}
