import { promises as dns } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, Pool } from "undici";
import { AddressedClient } from "./addressed-client.ts";
import { judgeAddress, type PrivateWebhooks } from "./judge-address.ts";

/** Finds every address of a name. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

export interface AgentOptions {
  readonly allowed: PrivateWebhooks;
  readonly connectTimeoutMs: number;
  readonly resolveName?: ResolveName | undefined;
  /** Certificate authorities beside the built-in ones. */
  readonly ca?: string | undefined;
}

/** Thrown into a connection that must not be made. The message is meant for the endpoint's owner, and tells nothing of our network. */
export class AddressRefusedError extends Error {
  override readonly name = "AddressRefusedError";
}

/** A name that has no address. */
export class NameUnknownError extends Error {
  override readonly name = "NameUnknownError";
}

/**
 * An HTTP client that only connects where deliveries may go. Names are resolved here, all their addresses are judged,
 * and only what was judged is connected to, so that a name can't lead elsewhere a moment later. Literal addresses,
 * for which no lookup happens, are judged as well, and once more the peer that a connection has. It follows no
 * redirects and knows no proxy.
 */
export function createAgent({
  allowed,
  connectTimeoutMs,
  resolveName = createResolver(allowed),
  ca,
}: AgentOptions): Agent {
  const connectors = { "https:": createConnector("https:"), "http:": createConnector("http:") };

  function createConnector(protocol: "https:" | "http:"): buildConnector.connector {
    const lookup: LookupFunction = (name, options, callback) => {
      resolveName(name).then(
        (addresses) => {
          const [first] = addresses;
          if (first === undefined)
            return callback(new NameUnknownError(`${name} could not be resolved.`), "");
          for (const address of addresses) {
            const refusal = judge(address, protocol);
            if (refusal !== undefined) return callback(refusal, "");
          }
          if (options.all === true)
            return callback(
              null,
              addresses.map((address) => ({ address, family: isIP(address) })),
            );
          return callback(null, first, isIP(first));
        },
        () => callback(new NameUnknownError(`${name} could not be resolved.`), ""),
      );
    };
    return buildConnector({
      lookup,
      timeout: connectTimeoutMs,
      allowH2: false,
      autoSelectFamily: true,
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /** Unencrypted only to private addresses. */
  function judge(address: string, protocol: string): AddressRefusedError | undefined {
    const judgement = judgeAddress(address, allowed);
    if (judgement === "refused")
      return new AddressRefusedError("The host's address is not a public one; nothing was sent.");
    if (judgement === "public" && protocol !== "https:")
      return new AddressRefusedError(
        "Deliveries to public addresses have to go by https; nothing was sent.",
      );
    return undefined;
  }

  const connect: buildConnector.connector = (options, callback) => {
    const literal =
      isIP(options.hostname) === 0 ? undefined : judge(options.hostname, options.protocol);
    if (literal !== undefined) return callback(literal, null);
    return connectors[options.protocol === "https:" ? "https:" : "http:"](options, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      const refusal = judge(socket.remoteAddress ?? "", options.protocol);
      if (refusal === undefined) return callback(null, socket);
      socket.destroy();
      return callback(refusal, null);
    });
  };

  return new Agent({
    pipelining: 1,
    allowH2: false,
    // The whole attempt has one time-out, set with each request.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (host, options: Pool.Options) =>
      new Pool(host, {
        ...options,
        factory: (origin, settings) => new AddressedClient(origin, settings, connect),
      }),
  });
}

/**
 * Finds addresses without the operating system's resolver, which holds one of four threads for as long as a name's
 * servers keep silent. Only where private hosts are allowed is it asked as well: its hosts file may be all that knows them.
 */
function createResolver(allowed: PrivateWebhooks): ResolveName {
  return async (name) => {
    if (/(^|\.)localhost\.?$/.test(name)) return findLoopback(allowed);
    if (allowed === true) return lookUp(name);
    const addresses = await askServers(name);
    return addresses.length > 0 || allowed === false ? addresses : lookUp(name);
  };
}

/** RFC 6761: no server is asked for these names. Of the two loopbacks those that are allowed, if any is. */
function findLoopback(allowed: PrivateWebhooks): readonly string[] {
  const both = ["127.0.0.1", "::1"];
  const usable = both.filter((address) => judgeAddress(address, allowed) !== "refused");
  return usable.length > 0 ? usable : both;
}

async function askServers(name: string): Promise<readonly string[]> {
  // Made anew each time, it knows the servers that the machine has now.
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
}

async function lookUp(name: string): Promise<readonly string[]> {
  return (await dns.lookup(name, { all: true })).map(({ address }) => address);
}
