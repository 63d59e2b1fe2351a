import { describe, expect, test } from "vitest";
import { listAudit, operatorRecord } from "../store/audit-log.ts";
import { createSealer } from "../secrets/sealer.ts";
import { findOperatorCompany } from "../store/parties.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { testCompany, testNow, testSecretKey } from "../testing/start-test-gateway.ts";
import { keepCompany } from "./keep-company.ts";

describe.each(testStores)("the operator's company in the database, on $name", (stores) => {
  test("is kept until other settings come, each change once on record (R26)", async () => {
    const store = await stores.open();
    const services = { store, sealer: createSealer(testSecretKey) };
    try {
      const record = async (): Promise<readonly unknown[]> =>
        (await listAudit(store.reader, operatorRecord, {}, {})).data.map(({ before, after }) => ({
          before,
          after,
        }));
      expect(await keepCompany(services, null, testNow)).toBeNull();
      // Processes that start at once, with the same settings, are one change.
      await Promise.all([1, 2, 3].map(() => keepCompany(services, testCompany, testNow)));
      expect(await record()).toEqual([{ before: null, after: testCompany }]);
      const { id } = (await findOperatorCompany(store.reader)) ?? { id: "" };
      expect(id).toMatch(/^company_/);

      expect(await keepCompany(services, null, testNow)).toEqual(testCompany);
      const moved = { ...testCompany, addressLines: ["Hlavná 1", "040 01 Košice"] };
      expect(await keepCompany(services, moved, testNow)).toEqual(moved);
      expect(await findOperatorCompany(store.reader)).toEqual({ id, party: moved });
      expect((await record())[0]).toEqual({ before: testCompany, after: moved });
      expect(await record()).toHaveLength(2);
    } finally {
      await store.close();
    }
  });
});
