import type { Json, JsonObject, Node } from "./contract.ts";
import { isInRange, listBranches, listTypes, pickBranch, schemaOf, typeOf } from "./json-schema.ts";

/** A request body with one thing wrong, or odd. */
export interface Mutation {
  readonly name: string;
  readonly rawBody: string | Uint8Array<ArrayBuffer>;
  /** Where the schema has to find a fault, "" for anywhere; null where the body may be refused, or not, for whatever reason. */
  readonly fault: string | null;
  /** Where a choice stands above the fault, of whose branches it may be unclear which was meant. */
  readonly choices: readonly string[];
}

interface Spoiling {
  readonly name: string;
  readonly raw: string;
}

const deep = 10_000;

/** Where something is so wide, it is not promised which fault of the body is answered. */
const wide = "60,000 numbers";

/** Values of every JSON type, ordinary and outrageous, as JSON text. */
const values: readonly Spoiling[] = [
  { name: "null", raw: "null" },
  { name: "true", raw: "true" },
  { name: "a number", raw: "12345678901" },
  { name: "1e308", raw: "1e308" },
  { name: "-1", raw: "-1" },
  { name: "1.5", raw: "1.5" },
  { name: "2^53+1", raw: "9007199254740993" },
  { name: "an empty text", raw: '""' },
  { name: "a number as text", raw: '"10"' },
  { name: "100 kB of text", raw: `"${"x".repeat(100_000)}"` },
  { name: "a lone surrogate", raw: String.raw`"a\ud800b"` },
  { name: "surrogates in the wrong order", raw: String.raw`"\udc00\ud800"` },
  { name: "NUL", raw: String.raw`"a\u0000b"` },
  { name: "an empty object", raw: "{}" },
  { name: "an empty array", raw: "[]" },
  { name: "an array with a text", raw: '["x"]' },
  { name: "deep arrays", raw: "[".repeat(deep) + "]".repeat(deep) },
  { name: "deep objects", raw: '{"a":'.repeat(deep) + "1" + "}".repeat(deep) },
  {
    name: "two deep arrays",
    raw: `[${"[".repeat(deep)}${"]".repeat(deep)},${"[".repeat(deep)}${"]".repeat(deep)}]`,
  },
  { name: wide, raw: JSON.stringify(Array.from({ length: 60_000 }, (_, index) => index)) },
];

const neverText = new Set([
  "100 kB of text",
  "a lone surrogate",
  "surrogates in the wrong order",
  "NUL",
]);

/** Fields that no schema knows. */
const additions: readonly (Spoiling & { readonly field: string })[] = [
  { name: "an unknown field", field: "bogus", raw: "1" },
  { name: "__proto__", field: "__proto__", raw: '{"isAdmin":true}' },
  { name: "constructor", field: "constructor", raw: '{"prototype":{"isAdmin":true}}' },
  { name: "a field with an odd name", field: "a/b~c", raw: "1" },
];

/** The body itself as something else than an object with fields. */
const bodies: readonly Spoiling[] = [
  ...values
    .map(({ name, raw }) => ({ name: `the body as ${name}`, raw }))
    .filter(({ raw }) => raw !== "{}"),
  { name: "a broken body", raw: "{" },
  { name: "a body with a comma too many", raw: '{"a":1,}' },
  { name: "two bodies", raw: "{}{}" },
  { name: "a body with NaN", raw: '{"a":NaN}' },
  { name: "a body of 400,000 brackets", raw: "[".repeat(400_000) },
  {
    name: "a body of 60,000 unknown fields",
    raw: `{${Array.from({ length: 60_000 }, (_, index) => `"f${index}":1`).join(",")}}`,
  },
  { name: "a body with an unknown field of 100 kB", raw: `{"${"f".repeat(100_000)}":1}` },
];

/** Every mutation of a body that fits its schema. */
export function listMutations(example: JsonObject, schema: Node): readonly Mutation[] {
  const text = JSON.stringify(example);
  return [
    ...bodies.map(({ name, raw }) => ({ name, rawBody: raw, fault: "", choices: [] })),
    {
      name: "a body that is not UTF-8",
      rawBody: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      fault: "",
      choices: [],
    },
    { name: "a body with a byte order mark", rawBody: `\ufeff${text}`, fault: null, choices: [] },
    {
      name: "a body with every field twice",
      rawBody: `${text.slice(0, -1)},${text.slice(1)}`,
      fault: null,
      choices: [],
    },
    {
      name: "a body whose first fields are nonsense",
      rawBody: `{${Object.keys(example)
        .map((name) => `${JSON.stringify(name)}:[]`)
        .join(",")},${text.slice(1)}`,
      fault: null,
      choices: [],
    },
    ...mutate(example, schema, example, [], []),
  ];
}

type Path = readonly string[];

function mutate(
  value: Json,
  schema: unknown,
  root: JsonObject,
  path: Path,
  choices: readonly string[],
): readonly Mutation[] {
  const pointer = toPointer(path);
  const above = listBranches(schema).length > 1 ? [...choices, pointer] : choices;
  const branch = pickBranch(schema, value);
  const found: Mutation[] = [];
  if (path.length > 0) {
    const types = listTypes(schema);
    for (const { name, raw } of values) {
      const parsed = JSON.parse(raw) as Json;
      const isWrong =
        !types.has(typeOf(parsed)) ||
        (typeof parsed === "number" && !isInRange(schema, parsed)) ||
        neverText.has(name);
      found.push({
        name: `${pointer} as ${name}`,
        rawBody: write(root, path, raw),
        fault: isWrong ? (name === wide ? "" : pointer) : null,
        choices: above,
      });
    }
  }
  if (typeOf(value) === "array")
    for (const [index, item] of (value as readonly Json[]).entries())
      found.push(...mutate(item, schemaOf(branch, ""), root, [...path, String(index)], above));
  if (typeOf(value) !== "object") return found;
  const required = (branch["required"] ?? []) as readonly string[];
  for (const [name, item] of Object.entries(value as JsonObject)) {
    const place = [...path, name];
    found.push({
      name: `without ${toPointer(place)}`,
      rawBody: write(root, place, null),
      fault: required.includes(name) ? toPointer(place) : null,
      choices: above,
    });
    found.push(...mutate(item, schemaOf(branch, name), root, place, above));
  }
  for (const { name, field, raw } of additions) {
    // Free names, of metadata, have texts: then the value is what is wrong.
    const isKnown = branch["additionalProperties"] !== false;
    const fault = isKnown && field !== "constructor" ? pointer : toPointer([...path, field]);
    found.push({
      name: `${pointer} with ${name}`,
      rawBody: write(root, [...path, field], raw),
      fault,
      choices: above,
    });
  }
  return found;
}

function toPointer(path: Path): string {
  return path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The body as text, with the place that the path names replaced by `raw`, or left out where that is null. */
function write(value: Json, path: Path, raw: string | null): string {
  const [name, ...rest] = path;
  if (name === undefined) return raw ?? "";
  const isLast = rest.length === 0;
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) =>
      String(index) === name ? write(item, rest, raw) : JSON.stringify(item),
    );
    return `[${items.filter((item) => item !== "").join(",")}]`;
  }
  const fields = Object.entries(value as JsonObject).map(
    ([key, item]) =>
      `${JSON.stringify(key)}:${key === name ? write(item, rest, raw) : JSON.stringify(item)}`,
  );
  const kept =
    isLast && raw === null
      ? fields.filter((_, index) => Object.keys(value as JsonObject)[index] !== name)
      : fields;
  const isNew = isLast && raw !== null && !Object.hasOwn(value as JsonObject, name);
  return `{${[...kept, ...(isNew ? [`${JSON.stringify(name)}:${raw}`] : [])].join(",")}}`;
}
