import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

function setUp(...words) {
  const program = join(root, "scripts", "setup.mjs");
  return spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
}

test("standard output is the script's alone, and where nothing is to be set up nothing is said of it", () => {
  const ran = [1, 2].map(() => setUp("evergate:run", "--", "version"));
  for (const { status, stdout } of ran)
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  // The first one may have had something to do.
  expect(ran[1]?.stderr).toBe("");
}, 120_000);

test("every npm command that the documents name is there, and needs no pnpm on the PATH", () => {
  const documents = globSync("{*,docs/**/*,examples/*/*,packages/*/*}.md", { cwd: root });
  const named = documents.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/\bnpm run (?:-s )?([\w:]+)/g)].map(
      ([, script = ""]) => `${path}: ${script}`,
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(
    named.filter((text) => !scripts[text.split(": ")[1] ?? ""]?.startsWith("node scripts/")),
  ).toEqual([]);
});
