import { Evergate, eventTypes, type EventType, type PartnerInput } from "@evergate/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { StartError } from "../../server/start-error.ts";
import { makeWorld } from "../../testing/api.ts";
import { testStores, type TestStores } from "../../testing/open-test-stores.ts";
import { runEvergate } from "../../testing/run-evergate.ts";
import { startTestGateway, testOperatorKey } from "../../testing/start-test-gateway.ts";
import { serveHere, takeSandbox } from "../testing/start-sandbox.ts";
import { UsageError } from "../command.ts";
import type { Recipe } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import { createStage, type Stage } from "./stage.ts";
import { triggerEvent } from "./trigger-event.ts";
import { runTrigger } from "./trigger.ts";

const possible = eventTypes.flatMap((type): readonly (readonly [EventType, Recipe])[] => {
  const recipe = recipes[type];
  return "impossible" in recipe ? [] : [[type, recipe]];
});

async function setStage(
  stores: TestStores,
  input: Partial<PartnerInput>,
  keyOf: "operator" | "partner" = "operator",
): Promise<Stage> {
  const gateway = await startTestGateway(stores);
  const { partner } = await makeWorld(gateway, input);
  const evergate = new Evergate({
    apiKey: keyOf === "operator" ? testOperatorKey : partner.apiKey.secret,
    baseUrl: gateway.baseUrl,
    fetch: gateway.fetch,
    partner: partner.id,
  });
  return createStage(evergate, await evergate.partners.getOwn(), null, () => {});
}

async function triggerAll(stores: TestStores, input: Partial<PartnerInput>): Promise<void> {
  const stage = await setStage(stores, input);
  for (const [type, recipe] of possible) {
    const before = await stage.now();
    const event = await triggerEvent(stage, type, recipe);
    expect([event.type, event.data.mode]).toEqual([type, "sandbox"]);
    const hasMoved = !(await stage.now()).equals(before);
    expect([type, hasMoved && recipe.movesClock !== true]).toEqual([type, false]);
  }
}

test.each(testStores)(
  "every event that can be triggered is, on $name",
  async (stores) => triggerAll(stores, { type: "reseller" }),
  60_000,
);

const [stores] = testStores;
if (stores === undefined) throw new Error("There is no store to test on.");

describe("evergate trigger", () => {
  test.each([
    // Its first trial is too short for its end to be announced.
    { type: "reseller", clock: "2026-11-29T09:00:00Z", timeZone: "Pacific/Auckland" },
    { type: "msp", billingPeriod: "thirty_days" },
    { type: "xsp", trialLimit: { days: 10 } },
  ] as const)(
    "every event that can be triggered is, also for $type $billingPeriod $clock",
    async (input) => triggerAll(stores, input),
    60_000,
  );

  test("makes a real one, and prints its id alone to standard output", async () => {
    const gateway = await serveHere(stores);
    onTestFinished(() => gateway.close());
    const { evergate, env } = await takeSandbox(gateway);
    const ran = await runEvergate(["trigger", "subscription.paused"], env);
    expect(ran).toMatchObject({ code: 0, output: expect.stringMatching(/^evt_\S+\n$/) });
    expect(ran.errors).toMatch(/Subscribed: sub_\S+, 3 of (BASE|CLOUD), trialing\./);
    const event = await evergate.events.get(ran.output.trim());
    expect(event.type).toBe("subscription.paused");
    const subscription = await evergate.subscriptions.get(event.data.id);
    expect(subscription.status).toBe("paused");

    const flags = ["--product", "code:BASE", "--print-json"];
    const json = await runEvergate(["trigger", "bill.issued", ...flags], env);
    expect(JSON.parse(json.output)).toMatchObject({ type: "bill.issued", data: { net: "15.00" } });
    expect(json.errors).toContain("The sandbox's clock goes on to 2026-12-31T23:00:00Z.");
  }, 60_000);

  test("what only the operator can do is refused to others before anything is done", async () => {
    const stage = await setStage(stores, { type: "reseller" }, "partner");
    const needing = possible.filter(([, recipe]) => recipe.needsOperator === true);
    expect(needing.map(([type]) => type)).toContain("partner.suspended");
    for (const [type, recipe] of needing)
      await expect(triggerEvent(stage, type, recipe)).rejects.toThrow("Only the operator can");
    expect((await stage.evergate.events.list()).data).toHaveLength(1);
  });

  test("a suspended sandbox is left suspended", async () => {
    const stage = await setStage(stores, { type: "reseller" });
    const { evergate, partner } = stage;
    await evergate.partners.suspend(partner.id, { reason: "Unpaid." });
    const suspended = { ...stage, partner: await evergate.partners.getOwn() };
    for (const [type, recipe] of possible)
      if (type === "partner.reinstated") await triggerEvent(suspended, type, recipe);
    expect((await evergate.partners.getOwn()).status).toBe("suspended");
  });

  test("names every type of the contract, and what is done for it", async () => {
    const { code, output } = await runEvergate(["trigger", "--list"], {});
    expect(code).toBe(0);
    expect(
      output
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual([...eventTypes]);
    expect(output).toMatch(
      /^credit_note\.issued .*moves the sandbox's clock; needs an operator's key/m,
    );
  });

  test("where an event can't be triggered, why is a sentence", () => {
    const reasons = Object.values(recipes).flatMap((recipe) =>
      "impossible" in recipe ? [recipe.impossible] : [],
    );
    expect(reasons.length).toBeGreaterThan(3);
    expect(reasons.filter((reason) => !/^[A-Z].*\.$/.test(reason))).toEqual([]);
  });

  test.each([
    [{}, UsageError, "Say which event"],
    [{ event: "subscription.*" }, UsageError, 'There is no event "subscription.*"'],
    [{ event: "subscription.pausd" }, UsageError, "did you mean subscription.paused?"],
    [{ event: "partner.approved" }, StartError, "It happens once"],
    [{ event: "customer.created" }, UsageError, "EVERGATE_API_KEY"],
    [{ event: "customer.created", product: "base" }, UsageError, "code: and its code in capital"],
  ])("%j is refused with a sentence", async (flags, kind, sentence) => {
    const running = runTrigger(flags, {});
    await expect(running).rejects.toThrow(kind);
    await expect(running).rejects.toThrow(sentence);
  });
});
