import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { catchUp } from "../clockwork/catch-up.ts";
import { toPartnerId } from "../ids.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const januaryMs = Date.UTC(2026, 11, 31, 23);

/** A live reseller whose December, the first to be charged, is over. */
async function openOver(gateway: TestGateway, name: string): Promise<World> {
  gateway.setNow(toInstant(Date.UTC(2026, 10, 24, 9)));
  const world = await makeWorld(gateway, { mode: "live", name });
  await world.subscribe();
  gateway.setNow(toInstant(januaryMs + 1_000));
  return world;
}

async function close({ gateway, partner }: World): Promise<void> {
  await catchUp(gateway.gateway.services, toPartnerId(partner.id), toInstant(januaryMs + 1_000));
}

function readRuns({ operator, partner }: World): Promise<readonly Schemas["Settlement"][]> {
  return operator
    .ask<Schemas["SettlementList"]>("GET", `/v1/settlements?partner=${partner.id}`)
    .then(({ data }) => data);
}

describe.each(testStores)("settlements on $name", (stores) => {
  test("are listed for every month, also where there was nothing to charge (R22)", async () => {
    const world = await openOver(await startTestGateway(stores), "Danube Telecom");
    await close(world);
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(await readRuns(world)).toMatchObject([
      {
        month: "2026-12",
        phase: "completed",
        charges: { done: 1, of: 1 },
        bill: bills[0]?.id,
        tries: 1,
        failure: null,
        dueAt: "2026-12-31T23:00:00Z",
        finishedAt: "2026-12-31T23:00:01Z",
      },
      { month: "2026-11", phase: "completed", charges: { done: 0, of: 0 }, bill: null },
    ]);
  });

  test("show how far they are, and go on from there", async () => {
    const world = await openOver(await startTestGateway(stores), "Danube Telecom");
    const phases: string[] = [];
    for (let result = "more"; result === "more";) {
      result = await catchUp(
        world.gateway.gateway.services,
        toPartnerId(world.partner.id),
        toInstant(januaryMs + 1_000),
        1,
      );
      const [run] = await readRuns(world);
      if (run?.month === "2026-12")
        phases.push(`${run.phase} ${run.charges.done}/${run.charges.of}`);
    }
    expect(phases).toEqual([
      "charging 1/1",
      "pricing 0/1",
      "pricing 1/1",
      "issuing 1/1",
      "completed 1/1",
      "completed 1/1",
    ]);
  });

  test("of one partner that fails say why, are tried again, and stop nobody else's", async () => {
    const gateway = await startTestGateway(stores, { withBackground: true });
    const healthy = await openOver(gateway, "Danube Telecom");
    const failing = await openOver(gateway, "Broken Telecom");
    const setTaxRate = (taxRate: string): Promise<unknown> =>
      gateway.store.transaction((tx) =>
        tx
          .updateTable("partners")
          .set({ tax_rate: taxRate })
          .where("id", "=", failing.partner.id)
          .execute(),
      );
    await setTaxRate("broken by other hands");
    await expect
      .poll(() => readRuns(healthy), { timeout: 10_000 })
      .toMatchObject([{ month: "2026-12", phase: "completed" }, {}]);
    await expect
      .poll(async () => (await readRuns(failing))[0]?.failure, { timeout: 10_000 })
      .toContain("is no percentage");
    const month = (): Promise<Schemas["SettlementMonth"]> =>
      healthy.operator.ask("GET", "/v1/settlement-months/2026-12");
    expect(await month()).toEqual({
      month: "2026-12",
      isComplete: false,
      partners: { of: 2, settled: 1, billed: 1, failing: 1 },
    });
    await setTaxRate("20");
    await expect
      .poll(() => readRuns(failing), { timeout: 10_000 })
      .toMatchObject([{ month: "2026-12", phase: "completed", failure: null }, {}]);
    expect((await readRuns(failing))[0]?.tries).toBeGreaterThan(1);
    expect(await month()).toMatchObject({ isComplete: true, partners: { settled: 2, failing: 0 } });
  });

  test("can be asked for at once, as often as one likes, and never before the month is over (R24)", async () => {
    const world = await openOver(await startTestGateway(stores), "Danube Telecom");
    const settle = (month: string) =>
      world.operator.call<Schemas["Settlement"] & Schemas["Problem"]>(
        "POST",
        `/v1/partners/${world.partner.id}/settlements`,
        { month },
      );
    expect((await settle("2027-01")).body).toMatchObject({
      code: "month_not_over",
      detail: "2027-01 ends for the partner at 2027-01-31T23:00:00Z; it is settled from then on.",
    });
    expect((await settle("2026-10")).body.code).toBe("month_before_partner");
    const replies = await Promise.all(Array.from({ length: 6 }, () => settle("2026-12")));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(new Set(replies.map(({ body }) => body.bill)).size).toBe(1);
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(data.map(({ id }) => id)).toEqual([replies[0]?.body.bill]);
  });
});
