import { describe, expect, test } from "vitest";
import { openDatabase } from "../faults/open-database.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { runEvergate } from "../testing/run-evergate.ts";
import { testSecretKey } from "../testing/start-test-gateway.ts";

describe.each(testStores)("evergate webhook-keys on $name", (stores) => {
  test("lists, rolls and retires the keys that sign, and says what it can't do", async () => {
    const { url } = await openDatabase(stores, {});
    const run = (...words: string[]) =>
      runEvergate(["webhook-keys", ...words], {
        EVERGATE_DATABASE_URL: url,
        EVERGATE_SECRET_KEY: testSecretKey,
      });
    const list = async (): Promise<readonly string[]> => {
      const ran = await run("list");
      expect(ran).toMatchObject({ code: 0, errors: "" });
      return ran.output.trimEnd().split("\n");
    };
    const [only = "", ...others] = await list();
    expect(others).toEqual([]);
    expect(only).toMatch(/^whkey_\w{26} {2}whpk_\S{44} {2}since \S+Z {2}signs$/);
    const [first = ""] = only.split(" ");
    const last = await run("retire", first);
    expect(last.code).toBe(1);
    expect(last.errors).toContain("webhook-keys roll --overlap-days 0");

    const rolled = await run("roll", "--overlap-days", "30");
    expect(rolled.code).toBe(0);
    expect(rolled.errors).toMatch(/^Made whkey_\w+\. .* for 30 days more\.\n$/);
    expect(rolled.output).toMatch(/^whpk_\S{44}\n$/);
    const [former = "", next = ""] = await list();
    expect(former).toMatch(new RegExp(`^${first} .* signs until \\S+Z$`));
    expect(next).toContain(`${rolled.output.trim()}  since`);
    expect(next).toMatch(/ signs$/);

    const retired = await run("retire", first);
    expect(retired).toMatchObject({ code: 0, errors: expect.stringContaining("has ended") });
    expect((await list())[0]).toMatch(new RegExp(`^${first} .* ended \\S+Z$`));
    const unknown = await run("retire", first);
    expect(unknown).toMatchObject({ code: 1, errors: expect.stringContaining("signs now") });
  }, 60_000);
});

test.each([
  { words: ["roll", "--overlap-days", "91"], says: "from 0 to 90" },
  { words: ["roll", "--overlap-days", "-1"], says: "overlap-days" },
  { words: ["retire"], says: "Which key?" },
])("evergate webhook-keys $words is written wrongly", async ({ words, says }) => {
  const ran = await runEvergate(["webhook-keys", ...words], {});
  expect(ran).toMatchObject({ code: 2, output: "" });
  expect(ran.errors).toContain(says);
});
