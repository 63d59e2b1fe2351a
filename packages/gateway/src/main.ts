#!/usr/bin/env node
// Nothing else is imported before the version is known: under an old Node better-sqlite3 crashes without a word.
const wantedMajor = 26;

if (Number.parseInt(process.versions.node, 10) < wantedMajor) {
  process.stderr.write(
    `Evergate needs Node.js ${wantedMajor} or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(1);
}
const { runCommand } = await import("./cli/run-command.ts");
process.exit(await runCommand(process.argv.slice(2), process.env));
