import { toInstant, type Instant } from "@evergate/core";
import type { Logger } from "pino";
import { createThreadedRecorder } from "../webhooks/delivery/threaded-recorder.ts";
import { startClockworkThread } from "../clockwork/start-clockwork-thread.ts";
import { createGateway, type Gateway, type GatewayParts } from "../create-gateway.ts";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import type { Settings } from "../settings.ts";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { logRequests } from "../telemetry/log-requests.ts";
import { linkNewEntries } from "../record/link-entries.ts";
import { operatorRecord } from "../record/chain.ts";
import { createSealer } from "../secrets/sealer.ts";
import { ensureSigningKey } from "../webhooks/signing/change-signing-keys.ts";
import { checkRecordKey } from "./check-record-key.ts";
import { checkDatabaseExists, checkMigrated } from "./check-schema.ts";
import { checkSecretKey } from "./check-secret-key.ts";
import { ensureOperatorKey, variableName } from "./ensure-operator-key.ts";
import { keepCompany } from "./keep-company.ts";
import { listen, type Listener } from "./listen.ts";
import { within } from "./within.ts";

/** Requests in flight get this long to finish, and what goes on beside them as long as fits into the 30 s that Kubernetes gives by default. */
const requestGraceMs = 20_000;
const backgroundGraceMs = 8_000;

export interface ServeOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** Whether the database is migrated first; else it has to be already. */
  readonly migrates: boolean;
}

export interface RunningServer {
  readonly url: string;
  /** The secret of the operator key that had to be made, to be shown this once. */
  readonly madeOperatorSecret: string | null;
  /** Lets what is under way finish, within bounds, and closes the store. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway: store, schema, keys, background work, HTTP.
 * Throws an error that `explainError` has a sentence for where the surroundings are not as they have to be.
 */
export async function serve({ settings, log, migrates }: ServeOptions): Promise<RunningServer> {
  if (settings.unknownVariables.length > 0)
    log.warn(`Not known, and so without effect: ${settings.unknownVariables.join(", ")}.`);
  if (!migrates) checkDatabaseExists(settings.databaseUrl);
  const store = await openStore(settings.databaseUrl, {
    poolSize: settings.poolSize,
    isCheckpointedElsewhere: true,
  });
  const storeBeside =
    store.dialect === "postgres"
      ? await openStore(settings.databaseUrl, {
          poolSize: Math.min(settings.poolSize, connectionsBeside),
        })
      : null;
  let gateway: Gateway | null = null;
  let listener: Listener | null = null;
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => {});
  try {
    await prepareSchema(store, log, migrates);
    const secretKey = findSecretKey(settings);
    await checkRecordKey(store, createSealer(secretKey));
    if ((await checkSecretKey(store, secretKey, readNow())) === "differs")
      log.error(secretKeyDiffers);
    const parts = {
      gateway: createGateway({
        store,
        storeBeside,
        log,
        secretKey,
        settings,
        ...chooseThreads(settings, secretKey, store),
      }),
      stores: storeBeside === null ? [store] : [storeBeside, store],
      log,
    };
    gateway = parts.gateway;
    const { app } = gateway;
    // Who asks while the keys are still being made would be told that theirs is not known: they wait this moment.
    let answer: typeof app.fetch = async (request, env) => {
      await started.promise;
      return app.fetch(request, env);
    };
    listener = await listen(
      logRequests((request, env) => answer(request, env), log),
      settings,
      log,
    );
    // Only now: a key that was made and then never shown, because the port was taken, would lock its owner out.
    const now = readNow();
    const operatorKey = await ensureOperatorKey(
      store,
      gateway.services.sealer,
      settings.operatorKey,
      now,
    );
    if (operatorKey.isVariableRevoked)
      log.warn(
        `${variableName} holds a key that was revoked, and stays revoked. Choose a new value.`,
      );
    if ((await keepCompany(gateway.services, settings.company, now)) === null)
      log.warn(
        "Your company is not set, so that bills name no supplier. Set EVERGATE_COMPANY_NAME, EVERGATE_COMPANY_ADDRESS and EVERGATE_COMPANY_COUNTRY before the first month ends: what is issued never changes.",
      );
    const { secretBox: box, sealer } = gateway.services;
    await ensureSigningKey(store, { box, sealer, actor: "start of the server", now });
    // From here on the database knows its key.
    await linkNewEntries(store, gateway.services.sealer, operatorRecord);
    gateway.start();
    answer = app.fetch;
    started.resolve();
    const listening = listener;
    return {
      url: listener.url,
      madeOperatorSecret: operatorKey.madeSecret,
      stop: () => stopAll({ ...parts, listener: listening }),
    };
  } catch (error) {
    started.reject(error);
    await listener?.stop(0);
    await gateway?.stop();
    const translated = store.translate(error);
    await storeBeside?.close();
    await store.close();
    throw translated;
  }
}

/** As many as the work beside requests can use: placing, delivering, recording, the clock. */
const connectionsBeside = 8;

/** SQLite's one process gets threads for what writes much; PostgreSQL does the work elsewhere anyway. */
function chooseThreads(
  { databaseUrl, logLevel }: Settings,
  secretKey: string,
  store: Store,
): Pick<GatewayParts, "startClockwork" | "startRecorder"> {
  if (store.lendWriting === null) return {};
  const data = { databaseUrl, secretKey, logLevel };
  return {
    startClockwork: (services) => startClockworkThread(services, data),
    startRecorder: (services) => createThreadedRecorder(services, data),
  };
}

function readNow(): Instant {
  return toInstant(Temporal.Now.instant().epochMilliseconds);
}

const secretKeyDiffers =
  "EVERGATE_SECRET_KEY (or the key file beside the database) is not the one that this database's webhook secrets and signing keys were sealed with: webhooks can't be signed. Restore it. Only where it is lost for good: evergate webhook-keys roll --overlap-days 0, and make the endpoints anew";

async function prepareSchema(store: Store, log: Logger, migrates: boolean): Promise<void> {
  if (!migrates) return checkMigrated(store);
  const applied = await migrate(store);
  if (applied.length > 0) log.info({ applied }, "database migrated");
}

interface StartedParts {
  readonly listener: Listener;
  readonly gateway: Gateway;
  readonly stores: readonly Store[];
  readonly log: Logger;
}

async function stopAll({ listener, gateway, stores, log }: StartedParts): Promise<void> {
  gateway.endWaits();
  const cut = await listener.stop(requestGraceMs);
  if (cut > 0) log.warn({ cut }, "requests still ran after their grace, and were cut");
  // Whatever is cut here is found again in the database at the next start.
  if (!(await within(gateway.stop(), backgroundGraceMs)))
    log.warn("background work still ran after its grace, and was cut");
  for (const store of stores) await store.close();
  log.info("stopped");
}
