import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

// Each test is about the end of a process, so it has one of its own.

test("what was logged right before the exit is written", async () => {
  const child = start(`log.info("first"); log.info("last"); process.exit(3)`);
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  await once(child, "close");
  expect(child.exitCode).toBe(3);
  expect(errors).toMatch(/"msg":"first"\}\n.*"msg":"last"\}\n$/);
});

test("lines are written while the process goes on, in their order, also more than a pipe holds", async () => {
  const child = start(
    `for (let i = 0; i < 3000; i++) log.info({ i }, "x".repeat(100)); setInterval(() => {}, 1000)`,
  );
  const seen: number[] = [];
  let text = "";
  for await (const chunk of child.stderr) {
    text += String(chunk);
    if (text.match(/\n/g)?.length === 3000) break;
  }
  for (const line of text.trim().split("\n")) seen.push(Number(/"i":(\d+)/.exec(line)?.[1]));
  expect(seen).toEqual(Array.from({ length: 3000 }, (_, i) => i));
});

test("the process ends at once where the reader has gone", async () => {
  const child = start(
    `process.stdin.once("data", () => { log.info("nobody reads this"); log.info("nor this"); process.exit(3) })`,
  );
  child.stderr.destroy();
  await once(child.stderr, "close");
  child.stdin.write("go");
  expect(await waitForEnd(child)).toBe(3);
});

test("the process ends in a second where the reader stands still", async () => {
  // Nobody has asked for the data, so no more of it is read than Node reads ahead.
  const child = start(
    `for (let i = 0; i < 20000; i++) log.info("x".repeat(100)); setTimeout(() => process.exit(3), 100)`,
  );
  child.stderr.pause();
  expect(await waitForEnd(child)).toBe(3);
});

function start(script: string): ReturnType<typeof spawnPiped> {
  const child = spawnPiped(script);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

function spawnPiped(script: string) {
  const module = fileURLToPath(new URL("create-log.ts", import.meta.url));
  const source = `import { createLog } from ${JSON.stringify(module)}; const log = createLog("info"); ${script}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/** The exit code, if it ends within 5 s, to which the start of Node counts too. */
async function waitForEnd(child: ReturnType<typeof spawnPiped>): Promise<number | null> {
  await once(child, "exit", { signal: AbortSignal.timeout(5_000) });
  return child.exitCode;
}
