import {
  methodOfOperation,
  previewOfOperation,
  type PreviewedOperationId,
} from "../completeness.ts";
import { operationIds, operationRoutes, type OperationId } from "../generated/api.ts";

/** As much of the contract's document as the index shows. */
export interface ContractDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ContractOperation>>>>;
}

interface ContractOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly $ref?: string;
    readonly name?: string;
    readonly in?: string;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>;
  };
  readonly responses?: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly content?: Readonly<
          Record<string, { readonly schema: { readonly $ref?: string } }>
        >;
      }
    >
  >;
}

const heading = `# Every method of the client

The options of a call are \`signal\`, \`timeoutMs\`, and those whose header the operation reads: \`partner\`, \`actor\`,
\`idempotencyKey\` (POST and PATCH), \`ifMatch\` (changes of a subscription). An id can be your own: \`"ext:S-1001"\` for a
customer or subscription, \`"code:KES-CLOUD"\` for a product. A list is a \`PagePromise\`: \`await\` it for one page, walk
through it with \`for await\` for all. What an operation answers beside JSON is opened with
\`documents.open("getBill", { path: { billId } }, "application/pdf")\`. What each is refused with stands in its docstring.

This page is made by a test from the contract: \`vitest run --project gateway packages/sdk -u\`.
`;

const optionalInputs: ReadonlySet<OperationId> = new Set([
  "reactivateSubscription",
  "redeliverEvent",
]);

const followLine =
  "- `events.follow(query?, options?)` → `AsyncIterable<EvergateEvent>`. Follow your events as they happen: `GET /v1/events?wait=25`, again and again";

/** The text of api.md. */
export function renderApiIndex(document: ContractDocument): string {
  const operations = new Map(
    Object.values(document.paths)
      .flatMap((item) => Object.values(item))
      .map((operation) => [operation.operationId, operation]),
  );
  const sections = Map.groupBy(operationIds, (id) => methodOfOperation[id].split(".")[0] ?? "");
  const parts = [...sections].map(([noun, ids]) =>
    [`## ${noun}`, "", ...ids.map((id) => renderMethod(id, operations.get(id)))].join("\n"),
  );
  return `${[heading, ...parts].join("\n\n").replaceAll("\n\n\n", "\n\n")}\n`;
}

function renderMethod(id: OperationId, operation: ContractOperation | undefined): string {
  if (operation === undefined) throw new Error(`The contract's document has no ${id}.`);
  const { method, path } = operationRoutes[id];
  const body = nameOf(operation.requestBody?.content);
  const hasQuery = (operation.parameters ?? []).some(
    ({ $ref, in: place }) => place === "query" || /\/(Limit|After\w*|Filter\w*)$/.test($ref ?? ""),
  );
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    ...(body === undefined ? [] : [`input${optionalInputs.has(id) ? "?" : ""}: ${body}`]),
    ...(hasQuery ? ["query?"] : []),
    "options?",
  ];
  const answer = nameOf(
    operation.responses?.["200"]?.content ?? operation.responses?.["201"]?.content,
  );
  const result = answer === undefined ? "" : ` → \`${toResult(answer)}\``;
  const line = `- \`${methodOfOperation[id]}(${parameters.join(", ")})\`${result}. ${operation.summary ?? ""}: \`${method} ${path}\``;
  const text = line.replace("?: `", "? `");
  if (id === "listEvents") return `${text}\n${followLine}`;
  if (!hasPreview(id)) return text;
  return `${text}\n- \`${previewOfOperation[id]}(${parameters.join(", ")})\` → \`${toPreview(answer ?? "")}\`. What it would come to: \`${method} ${path}?preview=true\``;
}

function hasPreview(id: OperationId): id is PreviewedOperationId {
  return id in previewOfOperation;
}

/** A subscription's is simply called a preview. */
function toPreview(schema: string): string {
  return schema === "SubscriptionOrPreview" ? "Preview" : schema.replace("OrPreview", "Preview");
}

/** As the package calls it: the contract's Event would hide the DOM's. */
function toResult(schema: string): string {
  const item = schema.replace(/List$|OrPreview$/, "");
  if (schema.endsWith("OrPreview")) return item;
  const name = item === "Event" ? "EvergateEvent" : item;
  return item === schema ? name : `PagePromise<${name}>`;
}

function nameOf(
  content: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>> | undefined,
): string | undefined {
  return content?.["application/json"]?.schema.$ref?.split("/").at(-1);
}
