import { globSync } from "node:fs";
import { basename } from "node:path";
import type { Contract } from "./contract.ts";

/** The folders whose files become components, named after the file. */
const folders = ["schemas", "parameters", "responses", "headers", "examples"];

/** Fails where a file is used nowhere: Redocly bundles what is referred to, and says nothing of the rest. */
export function checkFiles(folder: string, document: Contract): void {
  const components: Readonly<Record<string, object>> = document.components;
  for (const kind of folders) {
    for (const file of globSync(`${kind}/**/*.yaml`, { cwd: folder })) {
      if (!(basename(file, ".yaml") in (components[kind] ?? {})))
        throw new Error(`${file} is used nowhere; delete it.`);
    }
  }
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const files = globSync("paths/*/*.yaml", { cwd: folder });
  if (files.length !== operations.length)
    throw new Error(`paths/ has ${files.length} files for ${operations.length} operations.`);
  const entries = Object.keys(document.webhooks).length;
  const webhooks = globSync("webhooks/*.yaml", { cwd: folder }).length;
  if (webhooks !== entries)
    throw new Error(`webhooks/ has ${webhooks} files for ${entries} events.`);
}

/** Fails where what is delivered does not say which delivery it is. */
export function checkDeliveries(document: Contract): void {
  for (const [event, { post }] of Object.entries(document.webhooks)) {
    const schema = post.requestBody.content["application/json"].schema;
    if (!schema.allOf?.some(({ $ref }) => $ref === "#/components/schemas/Delivered"))
      throw new Error(`The webhook ${event} is not Delivered.yaml too: it has no delivery.`);
  }
}
