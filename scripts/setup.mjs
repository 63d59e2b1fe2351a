// Sets the repository up on a machine that has only Node.js 20 (or later) and npm, then runs a root script.
// usage: node scripts/setup.mjs [script [arguments ...]]
// Nothing is installed globally: the pinned pnpm lies in .tools/, and Node.js 26 for Linux comes with the lockfile.
// Standard output belongs to the script that is run: what is said of the setup goes to standard error.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const isWindows = process.platform === "win32";
const home = join(root, ".tools", manifest.packageManager.split("+")[0]);
const bin = join(home, "node_modules", "pnpm");
const pnpm = join(bin, isWindows ? "pnpm.exe" : "pnpm");
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  npm_config_update_notifier: "false",
  npm_config_prefer_offline: "true",
  REDOCLY_TELEMETRY: "off",
  TURBO_TELEMETRY_DISABLED: "1",
};

let child;
let isStopping = false;
function stop(signal) {
  isStopping = true;
  clearInterval(parentWatch);
  child?.kill(signal);
}

// npm passes SIGTERM to the shell between it and this program only, which ends without a word to anybody below: that the
// parent is another one is all that can be seen of it. Seen twice, for after Ctrl-C the shell may be gone a moment before
// this program hears of it. (On Windows a parent that is gone keeps its number, and nothing is seen.)
const parent = process.ppid;
let timesLost = 0;
const parentWatch = setInterval(() => {
  timesLost = process.ppid === parent ? 0 : timesLost + 1;
  if (timesLost === 2) stop("SIGTERM");
}, 500).unref();
// A terminal sends Ctrl-C to the whole group: whoever runs below decides, and is not told twice.
process.on("SIGINT", () => clearInterval(parentWatch));
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));

const aside = { stdio: ["inherit", process.stderr, "inherit"] };

function run(command, args, options = {}) {
  if (isStopping) process.exit(143);
  return new Promise((resolve) => {
    child = spawn(command, args, { cwd: root, env, stdio: "inherit", ...options });
    child.on("error", (error) => {
      console.error(`Could not run ${command}: ${error.message}`);
      process.exit(1);
    });
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else process.exit(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** A script that is one Node program runs without a package manager between it and the terminal, whose signals it would comment on. */
async function runScript(script, args) {
  const [program, ...words] = manifest.scripts[script].split(" ");
  if (program !== "node") return run(pnpm, ["--silent", "run", script, ...args]);
  return runNode([...words, ...args]);
}

function runNode(args, options) {
  const carried = join(root, "node_modules", ".bin", "node");
  return run(existsSync(carried) ? carried : process.execPath, args, options);
}

const nodeMajor = Number(process.versions.node.split(".")[0]);
const isNodeCarried = `node-${process.platform}-${process.arch}` in manifest.optionalDependencies;
if (nodeMajor < 20) {
  console.error(
    `Node.js 20 or newer is needed to set this repository up; here it is ${process.version}.`,
  );
  process.exit(1);
}
if (!isNodeCarried && nodeMajor < 26) {
  console.error(
    `This repository runs on Node.js 26, which it carries for Linux only; here it is ${process.version} on ${process.platform}-${process.arch}. Install Node.js 26 and run this again.`,
  );
  process.exit(1);
}
if (!existsSync(join(home, "ready"))) {
  console.error(`Fetching ${manifest.packageManager} into .tools/`);
  const flags = [
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  await run("npm", ["install", "--prefix", home, ...flags, manifest.packageManager], {
    shell: isWindows,
    ...aside,
  });
  // Puts pnpm's native binary in place, whatever npm's policy on install scripts.
  await run(process.execPath, [join(bin, "install.js")], aside);
  writeFileSync(join(home, "ready"), "");
}
// A lockfile that was installed before is installed in no time, and only what goes wrong is worth a word then.
const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
const installedLockfile = join(root, "node_modules", ".installed-lock.yaml");
const isInstalled =
  existsSync(installedLockfile) && readFileSync(installedLockfile, "utf8") === lockfile;
const installFlags = [
  "--frozen-lockfile",
  "--prefer-offline",
  "--trust-lockfile",
  "--reporter=append-only",
  ...(isInstalled ? ["--loglevel=warn"] : []),
];
await run(pnpm, ["install", ...installFlags], aside);
if (!isInstalled) writeFileSync(installedLockfile, lockfile);
await runNode([join("openapi", "generate.ts"), "--quiet"], aside);
const [script, separator, ...scriptArguments] = process.argv.slice(2);
if (script)
  await runScript(
    script,
    separator === undefined || separator === "--"
      ? scriptArguments
      : [separator, ...scriptArguments],
  );
