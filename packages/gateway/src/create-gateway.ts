import { toInstant, type Instant } from "@evergate/core";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { createApp, type ReplyWitness } from "./app/create-app.ts";
import { createRequestLimit } from "./app/request-limit.ts";
import type { Services } from "./app/world.ts";
import { runClockwork, type Clockwork } from "./clockwork/run-clockwork.ts";
import { readContract } from "./contract/document.ts";
import { createArrivals } from "./events/arrivals.ts";
import { runPlacing } from "./events/run-placing.ts";
import { runLinking } from "./record/run-linking.ts";
import { createTurns } from "./record/turns.ts";
import { rooms } from "./rooms.ts";
import { createSecretBox } from "./secrets/secret-box.ts";
import { createSealer } from "./secrets/sealer.ts";
import { createClientAddress } from "./server/client-address.ts";
import {
  defaultApplicationsPerHour,
  defaultWebhookConcurrency,
  type Settings,
} from "./settings.ts";
import type { Store } from "./store/store.ts";
import { runReceipts } from "./webhooks/receipts/run-receipts.ts";
import type { AttemptRecorder } from "./webhooks/delivery/attempt-recorder.ts";
import { startDeliveryWorker } from "./webhooks/delivery/delivery-worker.ts";
import { runReplays } from "./webhooks/replay/run-replays.ts";
import { createAsker } from "./webhooks/endpoints/ask-endpoint.ts";
import { runSvix } from "./webhooks/svix/run-svix.ts";
import { createSigningKeys } from "./webhooks/signing/signing-keys.ts";

const secondsPerHour = 3_600;

export interface GatewayParts {
  readonly store: Store;
  /** The same database by connections of their own, for the work beside requests: it need not wait behind all of these. */
  readonly storeBeside?: Store | null;
  readonly log: Logger;
  /** 32 bytes in base64, under which secrets are stored. */
  readonly secretKey: string;
  readonly settings: Pick<Settings, "privateWebhooks"> &
    Partial<
      Pick<Settings, "webhookConcurrency" | "trustedProxies" | "applicationsPerHour" | "svix">
    >;
  /** The system's clock; tests give their own. */
  readonly now?: () => Instant;
  readonly witness?: ReplyWitness;
  /** Runs the clockwork; without it, it runs beside the requests. */
  readonly startClockwork?: (services: Services) => Clockwork;
  /** Stores what came of deliveries; without it, that is done beside the requests. */
  readonly startRecorder?: (services: Services) => AttemptRecorder;
}

export interface Gateway {
  readonly app: Hono;
  readonly services: Services;
  /** Starts what goes on beside the requests: clockwork, the order of events, deliveries. */
  start(): void;
  /** Answers those who wait for events, now and from now on: requests that wait would hold up an end. */
  endWaits(): void;
  /** Ends it, once what is under way is done. The store stays open: it is its opener's. */
  stop(): Promise<void>;
}

/** A verification reads a whole record: more at once would leave the database to nobody else. */
const verificationsAtOnce = 2;
const verificationsWaiting = 20;

/** Puts a gateway together over an open, migrated store. */
export function createGateway(parts: GatewayParts): Gateway {
  const now = parts.now ?? ((): Instant => toInstant(Date.now()));
  let background: {
    eventsStored: Services["signals"]["eventsStored"];
    stop(): Promise<void>;
  } | null = null;
  const storeBeside = parts.storeBeside ?? parts.store;
  const secretBox = createSecretBox(parts.secretKey);
  const services: Services = {
    store: parts.store,
    secretBox,
    sealer: createSealer(parts.secretKey),
    // Deliveries wait for them.
    signingKeys: createSigningKeys({ store: storeBeside, secretBox, now }),
    log: parts.log,
    privateWebhooks: parts.settings.privateWebhooks,
    asker: createAsker(parts.settings.privateWebhooks),
    clientOf: createClientAddress(parts.settings.trustedProxies ?? []),
    publicLimit: createRequestLimit(
      parts.settings.applicationsPerHour ?? defaultApplicationsPerHour,
      secondsPerHour,
    ),
    verifications: createTurns(verificationsAtOnce, verificationsWaiting),
    arrivals: createArrivals(parts),
    now,
    // Before start() there is nobody to tell: what is stored waits in the database.
    signals: { eventsStored: (partner) => background?.eventsStored(partner) },
  };
  return {
    app: createApp(readContract(), rooms, services, parts.witness),
    services,
    start() {
      if (background !== null) return;
      const beside: Services = { ...services, store: storeBeside };
      const deliveries = startDeliveryWorker(
        beside,
        {
          perEndpoint: parts.settings.webhookConcurrency ?? defaultWebhookConcurrency,
        },
        parts.startRecorder?.(beside),
      );
      const { svix } = parts.settings;
      const handover = svix === null || svix === undefined ? null : runSvix(beside, svix);
      const placing = runPlacing(beside, (partner) => {
        deliveries.wake(partner);
        handover?.wake();
        services.arrivals.placed(partner);
      });
      const replaying = runReplays(beside, (partner) => deliveries.wake(partner));
      const linking = runLinking(beside);
      const receipts = runReceipts(beside);
      const clockwork = (parts.startClockwork ?? runClockwork)(beside);
      background = {
        eventsStored: (partner) => placing.eventsStored(partner),
        stop: async () => {
          const stopOthers = async (): Promise<void> => {
            await clockwork.stop();
            await placing.stop();
            await replaying.stop();
            await linking.stop();
            await receipts.stop();
          };
          // What is under way to somebody else may take all the time that there is.
          await Promise.all([handover?.stop(), deliveries.stop(), stopOthers()]);
        },
      };
    },
    endWaits: () => services.arrivals.end(),
    async stop() {
      services.arrivals.end();
      await background?.stop();
      background = null;
      await services.asker.stop();
    },
  };
}
