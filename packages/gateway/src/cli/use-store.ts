import type { Settings } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";

/** Opens the database for one piece of work and closes it. Database errors come out as the store's. */
export async function useStore<T>(
  settings: Settings,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  // A command does one thing after another.
  const store = await openStore(settings.databaseUrl, { poolSize: 1 });
  try {
    return await work(store);
  } catch (error) {
    throw store.translate(error);
  } finally {
    await store.close();
  }
}
