import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { bareEnvironment } from "./bare-environment.ts";

/** The real command, in a process of its own. */
export interface EvergateProcess {
  readonly pid: number;
  readOutput(): string;
  readErrors(): string;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface Ran {
  readonly code: number | NodeJS.Signals;
  readonly output: string;
  readonly errors: string;
}

/** Starts `evergate …` in an empty directory, with no variable but those given. It is killed when the test is over. */
export function startEvergate(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): EvergateProcess {
  const directory = mkdtempSync(join(tmpdir(), "evergate-run-"));
  const child = spawn(process.execPath, [inject("command"), ...words], {
    cwd: directory,
    env: { ...bareEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const ended = once(child, "close").then(() => child.exitCode ?? child.signalCode ?? "SIGKILL");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    pid: child.pid ?? 0,
    readOutput: () => output,
    readErrors: () => errors,
    signal: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs `evergate …` to its end. */
export async function runEvergate(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const started = startEvergate(words, env);
  const code = await started.ended;
  return { code, output: started.readOutput(), errors: started.readErrors() };
}

/** Starts `evergate serve` on a free port; settled as soon as it has said where it listens. */
export async function startServe(
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<EvergateProcess & { readonly url: string }> {
  const started = startEvergate(["serve", ...flags], { EVERGATE_PORT: "0", ...env });
  let isOver = false;
  void started.ended.then(() => (isOver = true));
  for (;;) {
    const url = /listens on (\S+)/.exec(started.readOutput())?.[1];
    if (url !== undefined) return { ...started, url };
    if (isOver) throw new Error(`evergate serve ended: ${started.readErrors()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
