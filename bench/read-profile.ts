import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const rooms: readonly (readonly [RegExp, string])[] = [
  [/open-sqlite/, "SQLite: begin, commit, fsync"],
  [/sqlite-driver|better-sqlite3/, "SQLite: statements"],
  [/node_modules\/pg|pg-protocol|pg-pool/, "PostgreSQL's driver"],
  [/kysely|store\//, "Kysely and rows"],
  [
    /^node:_http|^node:net|^node:internal\/stream|node:internal\/deps|hono|writeUtf8String|writeLatin1String|^node:events/,
    "HTTP",
  ],
  [/undici|network\/|send-delivery/, "HTTP, sending"],
  [/svix|standardwebhooks|sha256|signing/, "signing"],
  [/webhooks\/|events\//, "the delivery worker"],
  [/ajv|contract\//, "validation"],
  [/core\/src/, "rules"],
  [/crypto|auth\//, "keys and hashes"],
  [/garbage collector/, "garbage collection"],
];

/** Where a process has spent its time, from its CPU profile: shares of what was not idle, the largest first. */
export function readProfile(directory: string): readonly (readonly [string, number])[] {
  const file = readdirSync(directory).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) throw new Error(`No CPU profile in ${directory}.`);
  const profile = JSON.parse(readFileSync(join(directory, file), "utf8")) as Profile;
  const places = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, `${callFrame.url} ${callFrame.functionName}`]),
  );
  const spent = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of profile.samples.entries()) {
    const place = places.get(sample) ?? "";
    if (place.endsWith(" (idle)") || place.endsWith(" (program)")) continue;
    const micros = profile.timeDeltas[index] ?? 0;
    const room =
      rooms.find(([pattern]) => pattern.test(place.trim()))?.[1] ??
      "the rest of the gateway and Node";
    busy += micros;
    spent.set(room, (spent.get(room) ?? 0) + micros);
  }
  return [...spent]
    .map(([room, micros]) => [room, micros / busy] as const)
    .toSorted(([, one], [, other]) => other - one);
}
