// Fails where the lockfile lacks a platform's binary of a tool: the registry may not have all of them on the day a version comes out,
// and pnpm then leaves the missing ones out without a word, so that the repository would fail on that platform only.
import { readFileSync } from "node:fs";
import process from "node:process";

const wanted = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "windows-x64"];
/** Node itself is carried for Linux only; elsewhere it has to be there. */
const linuxOnly = new Set(["node"]);

const lockfile = readFileSync(new URL("../pnpm-lock.yaml", import.meta.url), "utf8");
const platforms = new Map();
for (const [, name] of lockfile.matchAll(/^ {2}'?(@?[\w./-]+?)@[\d.]+[\w.-]*'?:$/gm)) {
  const match =
    /^(.*?)[/.-](?:binding-)?(darwin|linux|win32|windows)-(arm64|x64|64)(?:-(gnu|msvc))?$/.exec(
      name,
    );
  if (match === null) continue;
  const [, family, system, processor] = match;
  const platform = `${system === "win32" ? "windows" : system}-${processor === "64" ? "x64" : processor}`;
  platforms.set(family, new Set(platforms.get(family)).add(platform));
}
const faults = [...platforms]
  .filter(([family]) => !linuxOnly.has(family))
  .map(([family, found]) => [family, wanted.filter((platform) => !found.has(platform))])
  .filter(([, missing]) => missing.length > 0);
if (platforms.size === 0) faults.push(["(nothing found: the lockfile's form has changed)", wanted]);
for (const [family, missing] of faults)
  console.error(
    `pnpm-lock.yaml has no ${missing.join(", ")} of ${family}; choose a version that is complete.`,
  );
if (faults.length > 0) process.exit(1);
console.log(
  `pnpm-lock.yaml: ${platforms.size} families of binaries, complete for ${wanted.join(", ")}.`,
);
