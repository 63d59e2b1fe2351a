// Makes the packages, as they are published, into packed/. usage: npm run pack
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "packed");
// Files of another version would be installed beside these.
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const { status, error, stdout, stderr } = spawnSync(
  "pnpm",
  ["--filter", "./packages/*", "pack", "--pack-destination", folder],
  { cwd: root, encoding: "utf8", maxBuffer: Number.POSITIVE_INFINITY },
);
// It lists every file that it packs, so what it says is of use only where it fails.
if (status !== 0) {
  console.error(error?.message ?? `${stdout}${stderr}`);
  process.exit(1);
}
for (const name of readdirSync(folder)) console.log(relative(process.cwd(), join(folder, name)));
