import { expect, test } from "vitest";
import { showProvisioning } from "./show-provisioning.ts";
import type { WireSubscription } from "./to-wire.ts";

test("where nobody was ever asked for receipts, nothing is looked up", async () => {
  const untouched = new Proxy(
    {},
    {
      get: (_, name) => {
        throw new Error(`${String(name)} was asked for.`);
      },
    },
  );
  const world = {
    db: untouched,
    services: untouched,
    partner: { expectsReceipts: false },
  } as unknown as Parameters<typeof showProvisioning>[0];
  const subscription = { id: "sub_1" } as WireSubscription;
  expect(await showProvisioning(world, [subscription])).toEqual([
    { id: "sub_1", provisioning: null },
  ]);
  await expect(
    showProvisioning({ ...world, partner: { ...world.partner, expectsReceipts: true } }, [
      subscription,
    ]),
  ).rejects.toThrow("was asked for");
});
