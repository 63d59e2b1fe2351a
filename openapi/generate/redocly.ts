import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Contract } from "./contract.ts";

interface Outcome {
  readonly succeeded: boolean;
  readonly output: string;
}

/** Runs Redocly's command line with this Node.js; by its package's own entry, as pnpm's wrappers are shell scripts. */
function runRedocly(folder: string, words: readonly string[]): Promise<Outcome> {
  const entry = join(folder, "node_modules/@redocly/cli/bin/cli.js");
  const env = {
    ...process.env,
    REDOCLY_TELEMETRY: "off",
    REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
    NO_COLOR: "1",
  };
  return new Promise((done) => {
    execFile(process.execPath, [entry, ...words], { cwd: folder, env }, (error, out, err) => {
      done({ succeeded: error === null, output: `${out}${err}`.trim() });
    });
  });
}

/** Fails with Redocly's findings where the contract does not pass the lint of redocly.yaml. */
export async function lintContract(folder: string): Promise<void> {
  const { succeeded, output } = await runRedocly(folder, ["lint", "evergate"]);
  if (!succeeded) throw new Error(`It does not pass its lint:\n${output}`);
}

/** The contract as one document in which every `$ref` points into the document itself. */
export async function bundleContract(folder: string): Promise<Contract> {
  const scratch = mkdtempSync(join(tmpdir(), "evergate-contract-"));
  try {
    const file = join(scratch, "openapi.json");
    const { succeeded, output } = await runRedocly(folder, ["bundle", "evergate", "-o", file]);
    if (!succeeded) throw new Error(`It could not be bundled:\n${output}`);
    return JSON.parse(readFileSync(file, "utf8")) as Contract;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
