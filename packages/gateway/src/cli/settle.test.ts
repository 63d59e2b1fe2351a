import { toInstant } from "@evergate/core";
import { expect, describe, test } from "vitest";
import type { components } from "../generated/api.ts";
import { openDatabase } from "../faults/open-database.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { runEvergate } from "../testing/run-evergate.ts";
import { testSecretKey } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

describe.each(testStores)("evergate settle on $name", (stores) => {
  test("settles what is due and says whether the month is complete, and of whom it is not", async () => {
    const { url, gateway, store } = await openDatabase(stores, {
      now: toInstant(Date.UTC(2026, 7, 24, 9)),
    });
    const worlds = [];
    for (const name of ["Danube Telecom", "Broken Telecom"])
      worlds.push(await makeWorld(gateway, { name, mode: "live" }));
    const [healthy, broken] = worlds;
    if (healthy === undefined || broken === undefined) throw new Error("Two worlds were made.");
    for (const world of worlds) await world.subscribe();
    const setTaxRate = (taxRate: string): Promise<unknown> =>
      store.transaction((tx) =>
        tx
          .updateTable("partners")
          .set({ tax_rate: taxRate })
          .where("id", "=", broken.partner.id)
          .execute(),
      );
    const settle = (month: string) =>
      runEvergate(["settle", "--month", month], {
        EVERGATE_DATABASE_URL: url,
        EVERGATE_SECRET_KEY: testSecretKey,
      });

    await setTaxRate("broken by other hands");
    const failed = await settle("2026-09");
    expect(failed).toMatchObject({ code: 1, errors: "" });
    expect(failed.output).toContain(
      "2026-09 is not complete: 1 of 2 partners are settled, 1 of them with a bill.\n",
    );
    expect(failed.output).toContain(`  ${broken.partner.id}: The tax rate of`);

    await setTaxRate("20");
    expect(await settle("2026-09")).toEqual({
      code: 0,
      errors: "",
      output: "2026-09 is complete: 2 partners, 2 of them with a bill.\n",
    });
    const { data } = await broken.api.ask<Schemas["BillList"]>("GET", "/v1/bills?month=2026-09");
    expect(data.map(({ net, total }) => [net, total])).toEqual([["20.00", "24.00"]]);
    expect((await settle("2199-01")).code).toBe(1);
    expect((await settle("September")).code).toBe(2);
  });
});
