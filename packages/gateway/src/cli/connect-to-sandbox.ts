import { Evergate, isConnectionError, isTimeoutError, type Partner } from "@evergate/sdk";
import { StartError } from "../server/start-error.ts";
import { readFlag, UsageError, type Environment, type Flags } from "./command.ts";
import { findUser } from "./find-user.ts";

/** A partner in a sandbox, and the client that acts for it. */
export interface Connection {
  readonly evergate: Evergate;
  readonly url: string;
  readonly partner: Partner;
}

/**
 * Connects to the gateway and makes sure that the partner is a sandbox: a live partner's customers are nothing to try
 * things out with. Throws a UsageError, a StartError, or what the client throws.
 */
export async function connectToSandbox(flags: Flags, env: Environment): Promise<Connection> {
  const apiKey = readFlag(flags, "key") ?? env["EVERGATE_API_KEY"]?.trim() ?? "";
  if (apiKey === "")
    throw new UsageError(
      "There is no API key. Set EVERGATE_API_KEY to a key of a sandbox partner; evergate keys create makes one.",
    );
  const url =
    readFlag(flags, "url") ??
    (env["EVERGATE_URL"] || `http://127.0.0.1:${env["EVERGATE_PORT"] || "8080"}`);
  const evergate = new Evergate({
    apiKey,
    baseUrl: url,
    partner: readFlag(flags, "partner") ?? undefined,
    actor: `command line (${findUser()})`,
  });
  const partner = await readPartner(evergate, url);
  if (partner.mode !== "sandbox")
    throw new StartError(
      `${partner.name} (${partner.id}) is live. This works with sandbox partners only; a live partner's events go to its webhook endpoints.`,
    );
  return { evergate, url, partner };
}

async function readPartner(evergate: Evergate, url: string): Promise<Partner> {
  try {
    return await evergate.partners.getOwn();
  } catch (error) {
    if (!isConnectionError(error) && !isTimeoutError(error)) throw error;
    throw new StartError(
      `No gateway answers at ${url}. Start it with evergate serve, or say where it is with --url or EVERGATE_URL.`,
      { cause: error },
    );
  }
}
