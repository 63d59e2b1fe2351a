import { onTestFinished } from "vitest";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import type { TestStores } from "../testing/open-test-stores.ts";
import {
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from "../testing/start-test-gateway.ts";

/** A database for gateway processes, with a store of the test's own to look into it, and a gateway in this process to fill it. */
export interface FaultDatabase {
  readonly url: string;
  readonly store: Store;
  readonly gateway: TestGateway;
}

export async function openDatabase(
  stores: TestStores,
  options: TestGatewayOptions = {},
): Promise<FaultDatabase> {
  const database = await stores.createDatabase();
  // First registered, last run: after the processes have been killed and the stores closed.
  onTestFinished(() => database.remove());
  const store = await openStore(database.url, { poolSize: 3 });
  await migrate(store);
  const gateway = await startTestGateway({ ...stores, open: async () => store }, options);
  return { url: database.url, store, gateway };
}
