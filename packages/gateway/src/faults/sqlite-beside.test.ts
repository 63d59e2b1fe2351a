import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { toPath } from "../store/database-url.ts";
import { openStore } from "../store/open-store.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startGatewayProcess } from "./start-gateway-process.ts";

/** What an operator does from a shell: another program with an SQLite of its own looks into the file, or backs it up. */
const programs = {
  "looks into it": "database.prepare('select count(*) from products').get()",
  "backs it up": "await database.backup(file + '.backup')",
};

/**
 * Whether a process holds a lock on a file. Without one a program with an older SQLite than ours believes to be the last to
 * close the database, and deletes the log that the gateway goes on writing to. Only Linux says who holds what.
 */
function hasLock(pid: number, file: string): boolean {
  if (process.platform !== "linux") return true;
  const { ino } = statSync(file);
  return readFileSync("/proc/locks", "utf8")
    .split("\n")
    .some((line) => line.includes(` ${pid} `) && line.includes(`:${ino} `));
}

function runBeside(program: string, file: string): void {
  execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))}; const file = ${JSON.stringify(file)}; const database = new Database(file); ${program}; database.close();`,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
}

describe.each(testStores.filter(({ name }) => name === "sqlite"))(
  "another program beside a gateway, on $name",
  (stores) => {
    test.each(Object.entries(programs))(
      "that %s takes away nothing of what was acknowledged, though the gateway is killed right after",
      async (_, program) => {
        // This process keeps no connection of its own: it would hold the locks that are in question.
        const { url, remove } = await stores.createDatabase();
        const file = toPath(url);
        onTestFinished(() => {
          rmSync(`${file}.backup`, { force: true });
          return remove();
        });
        const made: string[] = [];
        // The second start is the one at which the file is there already.
        for (const start of [1, 2]) {
          const gateway = await startGatewayProcess(url);
          const make = async (count: number): Promise<void> => {
            const code = `BESIDE-${start}-${count}`;
            await gateway.api().ask("POST", "/v1/products", {
              code,
              name: "Beside",
              unit: "user",
              minQuantity: 1,
              maxQuantity: 10,
            });
            made.push(code);
          };
          await make(1);
          runBeside(program, file);
          expect(existsSync(`${file}-wal`)).toBe(true);
          expect(hasLock(gateway.pid, file)).toBe(true);
          await make(2);
          await gateway.kill();
        }
        const store = await openStore(url);
        const rows = await store.reader.selectFrom("products").select("code").execute();
        await store.close();
        expect(rows.map(({ code }) => code).toSorted()).toEqual(made.toSorted());
      },
    );
  },
);
