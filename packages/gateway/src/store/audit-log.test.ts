import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { createSealer } from "../secrets/sealer.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { testSecretKey } from "../testing/start-test-gateway.ts";
import { appendAudit, listAudit, type AuditEntry } from "./audit-log.ts";

const sealer = createSealer(testSecretKey);
const partner = "partner_01m86ch3m0e3dbc8ahtjsnjy57";

function makeEntry(minute: number, actor: string): AuditEntry {
  return {
    at: toInstant(minute * 60_000),
    recordedAt: toInstant(0),
    action: "updateCustomer",
    subject: "cus_01m86ch3n8en0b5m0n58gawgb9",
    actor,
    apiKey: null,
    requestId: null,
    before: null,
    after: { minute },
  };
}

describe.each(testStores)("the record is read on $name", (stores) => {
  test("by actor and time, page by page, the last to happen first, in whatever order it was written", async () => {
    const store = await stores.open();
    try {
      // Several of one instant, and late ones that are written after others.
      const minutes = [5, 1, 9, 3, 3, 3, 7, 2, 8, 4];
      await store.transaction((tx) =>
        appendAudit(
          tx,
          sealer,
          partner,
          minutes.flatMap((minute) => [makeEntry(minute, "Eva"), makeEntry(minute, "clock")]),
        ),
      );
      const read = async (filter: Parameters<typeof listAudit>[2], limit: number) => {
        const found: number[] = [];
        let after: string | undefined;
        do {
          const page = await listAudit(store.reader, partner, filter, { limit, after });
          found.push(...page.data.map(({ at }) => at / 60_000));
          after = page.nextCursor ?? undefined;
        } while (after !== undefined);
        return found;
      };
      const at = (minute: number) => toInstant(minute * 60_000);
      for (const limit of [1, 2, 3, 50]) {
        expect(await read({ actor: "Eva" }, limit)).toEqual([9, 8, 7, 5, 4, 3, 3, 3, 2, 1]);
        expect(await read({ actor: "Eva", from: at(3), to: at(8) }, limit)).toEqual([
          7, 5, 4, 3, 3, 3,
        ]);
        expect(await read({ actor: "Eva", from: at(8) }, limit)).toEqual([9, 8]);
        expect(await read({ to: at(3) }, limit)).toEqual([2, 2, 1, 1]);
        expect(await read({ from: at(4), to: at(5) }, limit)).toEqual([4, 4]);
        expect(
          await read({ subject: "cus_01m86ch3n8en0b5m0n58gawgb9", from: at(9) }, limit),
        ).toEqual([9, 9]);
      }
    } finally {
      await store.close();
    }
  });
});
