import {
  Evergate,
  isConnectionError,
  isEvergateProblem,
  isTimeoutError,
  isUnexpectedAnswerError,
  type Partner,
} from "@evergate/sdk";
import { isId } from "../ids.ts";
import { StartError } from "../server/start-error.ts";
import { readFlag, UsageError, type Environment, type Flags } from "./command.ts";
import { findUser } from "./find-user.ts";

/** A partner in a sandbox, and the client that acts for it. */
export interface Connection {
  readonly evergate: Evergate;
  readonly url: string;
  readonly partner: Partner;
}

/** What was given, and by which name: whatever is wrong with it is said of that, not of what HTTP makes of it. */
interface Given {
  readonly name: string;
  readonly text: string;
}

/**
 * Connects to the gateway and makes sure that the partner is a sandbox: a live partner's customers are nothing to try
 * things out with. Throws a UsageError, a StartError, or what the client throws.
 */
export async function connectToSandbox(flags: Flags, env: Environment): Promise<Connection> {
  const key = readKey(flags, env);
  const url = readUrl(flags, env);
  const named = readPartner(flags);
  const evergate = new Evergate({
    apiKey: key.text,
    baseUrl: url,
    partner: named ?? undefined,
    actor: `command line (${findUser()})`,
  });
  const partner = await evergate.partners.getOwn().catch((error: unknown) => {
    throw explain(error, { key, url, named });
  });
  if (partner.mode !== "sandbox")
    throw new StartError(
      `${partner.name} (${partner.id}) is live. This works with sandbox partners only; a live partner's events go to its webhook endpoints.`,
    );
  return { evergate, url, partner };
}

function readKey(flags: Flags, env: Environment): Given {
  const key = readGiven(flags, "key", env, "EVERGATE_API_KEY");
  if (key === null)
    throw new UsageError(
      "There is no API key. Set EVERGATE_API_KEY to a key of a sandbox partner; evergate keys create makes one.",
    );
  if (!/^[\x21-\x7e]+$/.test(key.text))
    throw new UsageError(`${key.name} is no API key: these have neither blanks nor accents.`);
  return key;
}

function readUrl(flags: Flags, env: Environment): string {
  const given = readGiven(flags, "url", env, "EVERGATE_URL");
  if (given === null) {
    const port = env["EVERGATE_PORT"]?.trim() || "8080";
    const url = `http://127.0.0.1:${port}`;
    if (!/^\d+$/.test(port) || URL.parse(url) === null)
      throw new UsageError(`EVERGATE_PORT is a port such as 8080, not "${port}".`);
    return url;
  }
  const url = URL.parse(given.text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `${given.name} is the gateway's http or https address, such as http://127.0.0.1:8080, not "${given.text}".`,
    );
  // They are not repeated here: one may be a password.
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new UsageError(
      `${given.name} is the gateway's address alone: it has neither user and password, nor a query or a fragment.`,
    );
  return given.text;
}

function readPartner(flags: Flags): string | null {
  const partner = readFlag(flags, "partner");
  if (partner !== null && !isId("partner", partner))
    throw new UsageError(
      `--partner is a partner's id, such as partner_01m86ch3m0e3dbc8ahtjsnjy57, not "${partner}".`,
    );
  return partner;
}

function readGiven(flags: Flags, flag: string, env: Environment, variable: string): Given | null {
  const own = readFlag(flags, flag);
  if (own !== null) return { name: `--${flag}`, text: own };
  const text = env[variable]?.trim() ?? "";
  return text === "" ? null : { name: variable, text };
}

interface Asked {
  readonly key: Given;
  readonly url: string;
  readonly named: string | null;
}

/** The gateway speaks of headers; here it is said of the flags and variables that make them. */
function explain(cause: unknown, { key, url, named }: Asked): unknown {
  if (isConnectionError(cause) || isTimeoutError(cause))
    return new StartError(
      `No gateway answers at ${url}. Start it with evergate serve, or say where it is with --url or EVERGATE_URL.`,
      { cause },
    );
  if (isUnexpectedAnswerError(cause) || isEvergateProblem(cause, "unexpected_answer"))
    return new StartError(
      `What answers at ${url} is no Evergate gateway. Say where it is with --url or EVERGATE_URL.`,
      { cause },
    );
  if (!isEvergateProblem(cause)) return cause;
  if (cause.code === "partner_required")
    return named === null
      ? new UsageError(
          `The key of ${key.name} is an operator's: say which sandbox with --partner partner_….`,
          { cause },
        )
      : new StartError(`There is no partner ${named}.`, { cause });
  if (cause.code === "unauthenticated")
    return new StartError(`The gateway doesn't take the key of ${key.name}. ${cause.detail}`, {
      cause,
    });
  if (cause.code === "forbidden")
    return new StartError(
      cause.detail.includes("Evergate-Partner")
        ? `The key of ${key.name} is of another partner than --partner names. Leave --partner out.`
        : `The key of ${key.name} can't do this. ${cause.detail}`,
      { cause },
    );
  return cause;
}
