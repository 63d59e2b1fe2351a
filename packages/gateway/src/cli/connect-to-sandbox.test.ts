import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StartError } from "../server/start-error.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startReceiver } from "../testing/start-receiver.ts";
import { testOperatorKey } from "../testing/start-test-gateway.ts";
import { runEvergate } from "../testing/run-evergate.ts";
import { UsageError } from "./command.ts";
import { connectToSandbox } from "./connect-to-sandbox.ts";
import { serveHere, takeSandbox } from "./testing/start-sandbox.ts";

const [stores] = testStores;
if (stores === undefined) throw new Error("There is no store to test on.");

const foreignId = "partner_01m86ch3m0e3dbc8ahtjsnjy57";
const key = { EVERGATE_API_KEY: "evg_x" };

describe("what is given wrongly is named as it was given, before anything is asked", () => {
  test.each([
    [{}, {}, "There is no API key. Set EVERGATE_API_KEY"],
    [{}, { EVERGATE_API_KEY: "evg x" }, "EVERGATE_API_KEY is no API key"],
    [{ key: "kľúč" }, key, "--key is no API key"],
    [{}, { ...key, EVERGATE_URL: "127.0.0.1:8080" }, "EVERGATE_URL is the gateway's http or https"],
    [{}, { ...key, EVERGATE_URL: "localhost:8080" }, 'not "localhost:8080"'],
    [{ url: "evergate" }, { ...key, EVERGATE_URL: "http://127.0.0.1" }, "--url is the gateway's"],
    [{ url: "http://me:hunter2@127.0.0.1" }, key, "--url is the gateway's address alone"],
    [{}, { ...key, EVERGATE_PORT: "http" }, 'EVERGATE_PORT is a port such as 8080, not "http"'],
    [{ partner: "partner_nope" }, key, "--partner is a partner's id, such as"],
  ])("%j with %j", async (flags, env, sentence) => {
    const connecting = connectToSandbox(flags, env);
    await expect(connecting).rejects.toThrow(UsageError);
    await expect(connecting).rejects.toThrow(sentence);
    await expect(connecting).rejects.not.toThrow("hunter2");
  });
});

describe("what the gateway refuses is said of flags and variables, not of headers", () => {
  let gateway: Awaited<ReturnType<typeof serveHere>>;
  beforeAll(async () => {
    gateway = await serveHere(stores);
  });
  afterAll(() => gateway.close());

  test("an operator's key without --partner is written wrongly: exit code 2", async () => {
    const env = { EVERGATE_URL: gateway.url, EVERGATE_API_KEY: testOperatorKey };
    for (const words of [["listen"], ["trigger", "customer.created"]]) {
      const ran = await runEvergate(words, env);
      expect(ran).toMatchObject({ code: 2, output: "" });
      expect(ran.errors).toMatch(/^The key of EVERGATE_API_KEY is an operator's: .* --partner/);
    }
  });

  test("a partner that is not there, another one than the key's, and keys that do not do", async () => {
    const { partner, env } = await takeSandbox(gateway);
    const noRead = await gateway.operator.apiKeys.create({
      kind: "partner",
      partner: partner.id,
      name: "Writes only",
      scopes: ["subscriptions:write"],
    });
    for (const [flags, more, sentence] of [
      [{ partner: foreignId, key: testOperatorKey }, {}, `There is no partner ${foreignId}.`],
      [
        { partner: foreignId },
        {},
        "The key of EVERGATE_API_KEY is of another partner than --partner names. Leave --partner out.",
      ],
      [
        { key: "evg_partner_unknown" },
        {},
        "The gateway doesn't take the key of --key. This key is not known.",
      ],
      [
        {},
        { EVERGATE_API_KEY: noRead.secret },
        "The key of EVERGATE_API_KEY can't do this. This key lacks the scope read.",
      ],
    ] as const) {
      const connecting = connectToSandbox(flags, { ...env, ...more });
      await expect(connecting).rejects.toThrow(StartError);
      await expect(connecting).rejects.toThrow(sentence);
    }
    const { partner: own } = await connectToSandbox({ partner: partner.id }, env);
    expect(own.id).toBe(partner.id);
  });

  test("an address that leads elsewhere is said so", async () => {
    const elsewhere = await startReceiver();
    elsewhere.answer((response) => response.writeHead(200).end("<html>"));
    const connecting = connectToSandbox({ url: new URL(elsewhere.url).origin }, key);
    await expect(connecting).rejects.toThrow(StartError);
    await expect(connecting).rejects.toThrow("is no Evergate gateway");
  });
});
