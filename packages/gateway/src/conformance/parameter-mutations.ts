import { resolve, type DeclaredOperation } from "./contract.ts";

/** One parameter with something wrong, or odd. `place` and `name` say where; `value` goes out as it is written. */
export interface ParameterMutation {
  readonly place: "query" | "path" | "header";
  readonly name: string;
  readonly value: string;
  /** Where the fault has to be found; null where the request may be refused, or not, for whatever reason. */
  readonly fault: string | null;
}

const long = "x".repeat(5_000);
const numbers = [
  "0",
  "-1",
  "201",
  "1.5",
  "1e308",
  "9007199254740993",
  "ten",
  "",
  "0x",
  "0x10",
  "1e1",
  "10.0",
  "%0A",
  "%0A10",
  "10%0A",
  "%2B10",
  "%2010",
  "1_0",
  "%00",
  "٣",
  "null",
  "true",
  long,
];
const booleans = ["", "TRUE", "1", "0", "yes", "null", "%0A", "true%0A", "%20true", "%00", long];
const texts = ["", long, "%00", "a%00b", "%ED%A0%80", "%0A"];
const names = ["bogus", "__proto__", "constructor", "limit%5B%5D", "toString"];
const ids = [
  "..%2F..%2Fhealthz",
  "%2F",
  "%00",
  "a%00b",
  "%FF",
  "%",
  "%25",
  "%25%30%30",
  "%2525",
  "__proto__",
  "constructor",
  "undefined",
  "null",
  "0",
  "-1",
  long,
  "'%20or%20'1'='1",
  "SUB_01M86CH3NQESDVH1BVP668NSBY",
  "cus_01m86ch3n8en0b5m0n58gawgb9x",
  "cus_8zzzzzzzzzzzzzzzzzzzzzzzzz",
  "sub_01m86ch3nqesdvh1bvp668nsbu",
  "ext:",
  "ext:%00",
  "ext:%0A",
  "ext:%FF",
  "ext:%ED%A0%80",
  `ext:${long}`,
  "ext:%2F..%2F..",
  "ext:%20",
  "ext:%27%3B--",
  "ext:%E2%80%AE%D7%A9%F0%9F%98%80",
  "ext:%25",
  "ext:100%25%2F",
  "code:",
  "code:lower",
  "code:%00",
  `code:${"A".repeat(65)}`,
  "code:..",
  "code:KES-CLOUD%20",
];
const headers: Readonly<Record<string, readonly string[]>> = {
  "Idempotency-Key": ["", "x".repeat(256), long, "with a blank", "\u00e9", "a\tb"],
  "If-Match": ["", "1", '"abc"', 'W/"1"', '"1", "2"', '"-1"', `"${"9".repeat(17)}"`, long],
  "Evergate-Actor": [
    "",
    "%",
    "%F",
    "%FF",
    "%C3",
    "%00",
    "%0A",
    "%20",
    "J\u00e1n",
    "a".repeat(101),
    "%F0%9F%98%80".repeat(101),
    long,
    "%ED%A0%80",
    "%C2%85",
  ],
  "Evergate-Partner": [
    "",
    "garbage",
    "partner_",
    "cus_01m86ch3n8en0b5m0n58gawgb9",
    "partner_01M86CH3M0E3DBC8AHTJSNJY57",
    long,
  ],
};

/** Every mutation of an operation's parameters. Values of paths and queries are percent-encoded already. */
export function listParameterMutations(operation: DeclaredOperation): readonly ParameterMutation[] {
  return [
    ...names.map((name): ParameterMutation => ({
      place: "query",
      name,
      value: "1",
      fault: `/query/${decodeURIComponent(name)}`,
    })),
    ...operation.parameters.flatMap(({ name, in: place, schema }): readonly ParameterMutation[] => {
      if (place === "path") return ids.map((value) => ({ place, name, value, fault: null }));
      const values = place === "header" ? (headers[name] ?? []) : listValues(schema);
      const fault = `/${place}/${place === "header" ? name.toLowerCase() : name}`;
      // `curl -H "Name;"` sends an empty header; for a query, `limit=1&limit=2` sends two values.
      return [...values, ...(place === "query" ? [`1&${name}=2`] : [])].map((value) => ({
        place,
        name,
        value,
        fault,
      }));
    }),
  ];
}

/** What is wrong for a parameter of a query, by the type that its schema names. */
function listValues(schema: unknown): readonly string[] {
  const { type } = resolve(schema);
  return type === "integer" ? numbers : type === "boolean" ? booleans : texts;
}
