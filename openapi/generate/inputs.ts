import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Every file on which the generated ones depend: the contract, the generator, and the versions of its tools. */
export function listInputs(folder: string): readonly string[] {
  return globSync(["*.yaml", "*.md", "*.ts", "package.json", "*/**/*.{yaml,ts}"], {
    cwd: folder,
    exclude: (path) => path.startsWith("node_modules") || path.startsWith("generated"),
  })
    .sort()
    .map((path) => join(folder, path));
}

/** One hash over the names and contents of the files; a file that is not there counts as empty. */
export function hashFiles(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file}\0`);
    if (existsSync(file)) hash.update(readFileSync(file));
    hash.update("\0");
  }
  return hash.digest("hex");
}
