import openapiTypescript, { astToString, type OpenAPI3 } from "openapi-typescript";
import { type Contract, listOperations, listValues } from "./contract.ts";

const heading = "// Generated from openapi/ by `pnpm generate`. Changes made here are lost.\n";

/** The TypeScript of the contract: openapi-typescript's types, and the lists that a program can walk through. */
export async function renderTypes(document: Contract): Promise<string> {
  const types = await openapiTypescript(document as unknown as OpenAPI3, {
    alphabetize: false,
    immutable: true,
  });
  return [heading, astToString(types), renderAliases(document), renderLists(document)].join("\n");
}

/** Every schema under its own name, so that nobody has to write `components["schemas"]["Subscription"]`. */
function renderAliases(document: Contract): string {
  return Object.keys(document.components.schemas)
    .map((name) => `export type ${name} = components["schemas"]["${name}"];\n`)
    .join("");
}

function renderLists(document: Contract): string {
  const routes = listOperations(document).map(
    ({ method, path, operation }) =>
      `  ${operation.operationId}: { method: "${method}", path: "${path}" },`,
  );
  return [
    "/** The method and path of every operation. Those of webhooks are none. */",
    "export const operationRoutes = {",
    ...routes,
    "} as const;",
    "",
    "export type OperationId = keyof typeof operationRoutes;",
    "",
    renderList(
      "operationIds",
      listOperations(document).map((it) => it.operation.operationId),
    ),
    renderList("eventTypes", Object.keys(document.webhooks)),
    renderList("problemCodes", listValues(document, "ProblemCode")),
    renderList("scopes", listValues(document, "Scope")),
  ].join("\n");
}

function renderList(name: string, values: readonly string[]): string {
  const lines = values.map((value) => `  ${JSON.stringify(value)},`);
  return [`export const ${name} = [`, ...lines, "] as const;", ""].join("\n");
}
