// Lints and bundles the contract, and writes what the packages read of it. Does nothing where nothing has changed, with
// --quiet also without a word.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { checkCodes } from "./generate/check-codes.ts";
import { checkDeliveries, checkFiles } from "./generate/check-files.ts";
import { checkSchemas } from "./generate/check-schemas.ts";
import { hashFiles, listInputs } from "./generate/inputs.ts";
import { bundleContract, lintContract } from "./generate/redocly.ts";
import { renderTypes } from "./generate/render-types.ts";

const here = import.meta.dirname;
const root = join(here, "..");
const stamp = join(here, "generated", "stamp.json");
const documentFile = join(root, "packages/gateway/src/generated/openapi.json");
const typeFiles = ["gateway", "sdk"].map((name) =>
  join(root, "packages", name, "src/generated/api.ts"),
);
const outputs = [documentFile, ...typeFiles];

/** What the stamp says when the outputs are those of the present inputs. */
function readState(): string {
  return JSON.stringify({ inputs: hashFiles(listInputs(here)), outputs: hashFiles(outputs) });
}

function readStamp(): string {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return "";
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function generate(): Promise<void> {
  const [, document] = await Promise.all([lintContract(here), bundleContract(here)]);
  checkFiles(here, document);
  checkDeliveries(document);
  checkSchemas(document);
  checkCodes(document);
  const types = await renderTypes(document);
  write(documentFile, `${JSON.stringify(document)}\n`);
  for (const file of typeFiles) write(file, types);
  write(stamp, readState());
}

if (readStamp() === readState()) {
  if (!process.argv.includes("--quiet"))
    console.log("The contract has not changed; its generated files are up to date.");
} else {
  try {
    await generate();
    console.log(`Generated ${outputs.map((file) => relative(root, file)).join(", ")}.`);
  } catch (error) {
    console.error(`Generating from the contract failed. ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
