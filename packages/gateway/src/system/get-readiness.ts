import { refuse } from "../app/problem.ts";
import type { PublicRoom } from "../app/room.ts";
import { isMigrated } from "../store/migrate.ts";

/** Says whether the gateway can answer: its database is there, with the schema that this program needs. */
export const getReadiness: PublicRoom<"getReadiness"> = async (_request, { services }) =>
  (await isMigrated(services.store))
    ? { status: 200, body: { status: "ready" } }
    : refuse("unavailable", "The database has not been migrated yet.");
