import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const projectFolder = fileURLToPath(new URL("../../../.demo", import.meta.url));

/** Makes the demo's data folder anew: `.demo/` in the project, or a temporary one while another demo uses that. */
export function makeDataFolder(): string {
  const folder = isInUse(projectFolder)
    ? mkdtempSync(join(tmpdir(), "evergate-demo-"))
    : projectFolder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "demo.pid"), `${process.pid}\n`);
  return folder;
}

function isInUse(folder: string): boolean {
  try {
    const pid = Number(readFileSync(join(folder, "demo.pid"), "utf8"));
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Writes the keys where only the user can read them, in the form in which a shell takes them in, also for the programs it starts: `. .demo/keys.env`. */
export function writeKeys(folder: string, keys: Readonly<Record<string, string>>): string {
  const path = join(folder, "keys.env");
  const lines = Object.entries(keys).map(([name, key]) => `export ${name}=${key}\n`);
  writeFileSync(path, lines.join(""), { mode: 0o600 });
  return path;
}
