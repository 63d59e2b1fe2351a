import { readSettings, type Settings } from "../settings.ts";
import { createLog } from "../telemetry/create-log.ts";
import type { Environment, Flags } from "./command.ts";
import { findVersion } from "./find-version.ts";

const signals = ["SIGTERM", "SIGINT"] as const;
/** As shells report a process that a signal ended. */
const exitCodes = { SIGTERM: 143, SIGINT: 130 } as const;

/** Serves until a signal ends it: the first lets it finish, a second does not. */
export async function runServe(flags: Flags, env: Environment): Promise<number> {
  const settings = readSettings(env);
  // Only now: whoever has written a variable wrongly is told at once.
  const { serve } = await import("../server/serve.ts");
  const log = createLog(settings.logLevel);
  const stopSignal = waitForSignal();
  process.once("uncaughtException", (error) => {
    log.fatal({ err: error }, "the process failed");
    process.exit(1);
  });
  const server = await serve({ settings, log, migrates: flags["no-migrate"] !== true });
  process.stdout.write(renderWelcome(server.url, settings, server.madeOperatorSecret));
  log.info({ signal: await stopSignal }, "stopping");
  await server.stop();
  return 0;
}

function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      process.once(signal, () => {
        resolve(signal);
        for (const next of signals)
          process.removeAllListeners(next).once(next, () => process.exit(exitCodes[next]));
      });
    }
  });
}

function renderWelcome(url: string, settings: Settings, secret: string | null): string {
  const first =
    secret === null
      ? ""
      : `
There was no operator's key, so one was made. It is shown this once; keep it safe:

  ${secret}
`;
  return `
Evergate ${findVersion()} listens on ${url}

  Reference   ${url}/docs
  Webhooks    ${url}/webhooks shows to an API key what became of them
  Health      ${url}/healthz
  Database    ${toDatabaseName(settings.databaseUrl)}
  More keys   evergate keys create --kind operator
              evergate keys create --kind partner --partner partner_…
  Stop it     Ctrl+C, or SIGTERM
${first}
`;
}

/** Never the URL itself: it may hold a password. */
function toDatabaseName(databaseUrl: string): string {
  if (databaseUrl.startsWith("file:")) return `SQLite, ${databaseUrl.slice("file:".length)}`;
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `PostgreSQL, ${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
}
