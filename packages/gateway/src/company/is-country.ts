import type { components } from "../generated/api.ts";
import { readContract } from "../contract/document.ts";

let known: ReadonlySet<unknown> | undefined;

/** Whether a code is a country's (ISO 3166-1 alpha-2, as the contract lists them). */
export function isCountry(code: string): code is components["schemas"]["Country"] {
  known ??= new Set(readCountries(readContract().document));
  return known.has(code);
}

function readCountries(document: unknown): readonly unknown[] {
  let node: unknown = document;
  for (const name of ["components", "schemas", "Country", "enum"])
    node = typeof node === "object" && node !== null ? Reflect.get(node, name) : undefined;
  if (!Array.isArray(node)) throw new Error("The contract lists no countries.");
  return node;
}
