import { execFile } from "node:child_process";
import { createServer as createTlsServer } from "node:https";
import { BlockList, createServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { addressOf } from "./addressed-client.ts";
import { createAgent, type AgentOptions } from "./create-agent.ts";
import { attemptLimits } from "../delivery/attempt-limits.ts";
import { readTarget, sendDelivery, type AttemptResult } from "../delivery/send-delivery.ts";

// Made for these tests; it signs hooks.example.com and protects nothing.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUV1f+K5LM+Lzbqu6Iv9UFtsPmwV4wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRaG9va3MuZXhhbXBsZS5jb20wIBcNMjYxMTI0MjI0MjA0WhgP
MjEyNjEwMzEyMjQyMDRaMBwxGjAYBgNVBAMMEWhvb2tzLmV4YW1wbGUuY29tMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOlwlfJAwb7ZTC49cyGT9vJGAXXXVo0os
/DUMcd1RipVaREl0dY8IrBzbEankiCfEFxX7MVJkL6+xTORC5v2/X6NxMG8wHQYD
VR0OBBYEFJeNuGd48JBBk/hWHEJWoXgP2wg+MB8GA1UdIwQYMBaAFJeNuGd48JBB
k/hWHEJWoXgP2wg+MA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0RBBUwE4IRaG9va3Mu
ZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgZM2ozYQTvcg7D/zCqgCrdJns
puYBgN6DzkGqZcznYqMCIQDQ84lXHmZK9eWFd6GlQIAtxQvvF8CHlzOSuHD0gR60
1w==
-----END CERTIFICATE-----
`;
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgekTEK4B5VIO/6gLY
CDSdeLNE5+TbywyJSK1ImaPkzhKhRANCAAQ6XCV8kDBvtlMLj1zIZP28kYBdddWj
Siz8NQxx3VGKlVpESXR1jwisHNsRqeSIJ8QXFfsxUmQvr7FM5ELm/b9f
-----END PRIVATE KEY-----
`;

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const message = { event: "evt_1", payload: "{}", secrets: [secret], keys: [], headers: {} };
const sentAtMs = Date.UTC(2026, 10, 24, 9);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Sends one delivery with an agent of its own. */
async function send(
  url: string,
  options: Partial<AgentOptions> = {},
  timeoutMs: number = 5_000,
): Promise<AttemptResult> {
  const agent = createAgent({ allowed: false, connectTimeoutMs: 2_000, ...options });
  try {
    const limits = { ...attemptLimits, timeoutMs };
    return await sendDelivery(
      agent,
      { ...message, target: readTarget(url, options.allowed ?? false) },
      sentAtMs,
      limits,
    );
  } finally {
    await agent.destroy();
  }
}

async function listen(
  server: Server,
  host: string = "127.0.0.1",
  port: number = 0,
): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

interface Counted {
  readonly port: number;
  readonly count: () => number;
}

/** A server that tells whether anybody connected. */
async function startTrap(host: string = "127.0.0.1", port: number = 0): Promise<Counted> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  return { port: await listen(server, host, port), count: () => count };
}

/** A server that answers every request with the same bytes, and counts its connections. */
async function startAnswering(bytes: string): Promise<Counted> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on("error", () => {}).on("data", () => socket.write(bytes));
  });
  return { port: await listen(server), count: () => count };
}

test.each([
  { name: "loopback", addresses: ["127.0.0.1"] },
  { name: "IPv6 loopback", addresses: ["::1"] },
  { name: "mapped loopback", addresses: ["::ffff:127.0.0.1"] },
  { name: "a public address and loopback", addresses: ["93.184.215.14", "127.0.0.1"] },
])(
  "a name that leads to $name is not connected to, and no address is told",
  async ({ addresses }) => {
    const trap = await startTrap();
    const result = await send(`https://hooks.example.com:${trap.port}/`, {
      resolveName: async () => addresses,
    });
    expect(result).toEqual({
      status: null,
      isUnreachable: false,
      retryAfter: null,
      excerpt: null,
      address: null,
      error: "The host's address is not a public one; nothing was sent.",
    });
    expect(trap.count()).toBe(0);
  },
);

test("a name that leads elsewhere at the next look is judged anew", async () => {
  const receiver = await startAnswering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  const inside = await startTrap("::1", receiver.port);
  const allowed = new BlockList();
  allowed.addAddress("127.0.0.1", "ipv4");
  // The name is rebound between the attempts, and, were it looked up again, between the judging and the connecting.
  const answers = [["127.0.0.1"], ["::1"], ["169.254.169.254"], ["127.0.0.1", "::1"]];
  let looks = 0;
  const resolveName = async (): Promise<string[]> => answers[looks++] ?? [];
  const agent = createAgent({ allowed, connectTimeoutMs: 2_000, resolveName });
  onTestFinished(() => agent.destroy());
  const url = `http://hooks.example.com:${receiver.port}/`;
  const results: AttemptResult[] = [];
  for (let attempt = 0; attempt < 4; attempt++)
    results.push(
      await sendDelivery(
        agent,
        { ...message, target: readTarget(url, allowed) },
        sentAtMs,
        attemptLimits,
      ),
    );
  const refused = {
    status: null,
    excerpt: null,
    error: "The host's address is not a public one; nothing was sent.",
  };
  expect(results).toMatchObject([{ status: 204 }, refused, refused, refused]);
  expect(looks).toBe(4);
  expect(receiver.count()).toBe(1);
  expect(inside.count()).toBe(0);
});

test("a name that leads elsewhere while its connection is open changes nothing of that", async () => {
  const receiver = await startAnswering("HTTP/1.1 204 No Content\r\n\r\n");
  let looks = 0;
  const resolveName = async (): Promise<string[]> => [looks++ === 0 ? "127.0.0.1" : "10.0.0.1"];
  const agent = createAgent({ allowed: true, connectTimeoutMs: 2_000, resolveName });
  onTestFinished(() => agent.destroy());
  for (let attempt = 0; attempt < 3; attempt++) {
    const headers = {};
    const { body } = await agent.request({
      origin: `http://hooks.example.com:${receiver.port}`,
      path: "/",
      method: "POST",
      headers,
    });
    await body.dump();
    // The client is free again a moment after its answer's end.
    await sleep(20);
    expect(addressOf(headers)).toBe("127.0.0.1");
  }
  expect(looks).toBe(1);
  expect(receiver.count()).toBe(1);
});

test("the address of a request is that of its own connection, and there is none without one", async () => {
  const port = await listen(
    createServer((socket) => void socket.end("HTTP/1.1 204 No Content\r\n\r\n")),
  );
  const addresses: Record<string, string[]> = {
    "one.example.com": ["127.0.0.1"],
    "two.example.com": ["10.0.0.1"],
    "three.example.com": [],
  };
  const allowed = new BlockList();
  allowed.addSubnet("127.0.0.0", 8, "ipv4");
  const agent = createAgent({
    allowed,
    connectTimeoutMs: 2_000,
    resolveName: async (name) => addresses[name] ?? [],
  });
  onTestFinished(() => agent.destroy());
  const ask = async (host: string, at: number): Promise<string | null> => {
    const headers = {};
    const signal = AbortSignal.timeout(5_000);
    // What comes of it is told by other tests.
    await agent
      .request({ origin: `http://${host}:${at}`, path: "/", method: "POST", headers, signal })
      .catch(() => {});
    return addressOf(headers);
  };
  expect(
    await Promise.all(
      ["one.example.com", "two.example.com", "three.example.com", "127.0.0.1"].map((host) =>
        ask(host, port),
      ),
    ),
  ).toEqual(["127.0.0.1", null, null, "127.0.0.1"]);
  const closed = createServer();
  const closedPort = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  expect(await ask("127.0.0.1", closedPort)).toBeNull();
});

test("what a refused address would answer is never read", async () => {
  const trap = await startAnswering("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret");
  for (const url of [
    `https://127.0.0.1:${trap.port}/`,
    `http://hooks.example.com:${trap.port}/`,
    `https://hooks.example.com:${trap.port}/`,
  ])
    expect(
      JSON.stringify(await send(url, { resolveName: async () => ["127.0.0.1"] })),
    ).not.toContain("secret");
  expect(trap.count()).toBe(0);
});

test.each(["127.0.0.1", "[::1]", "0x7f.1", "[::ffff:7f00:1]", "localhost"])(
  "the literal %s is not connected to",
  async (host) => {
    const trap = await startTrap();
    const result = await send(`https://${host}:${trap.port}/`);
    expect(result.error).toMatch(/not a public (one|host)/);
    expect(trap.count()).toBe(0);
  },
);

test("the agent refuses literals by itself, for which no name is looked up", async () => {
  const trap = await startTrap();
  const agent = createAgent({
    allowed: false,
    connectTimeoutMs: 2_000,
    resolveName: async () => ["93.184.215.14"],
  });
  for (const origin of [`https://127.0.0.1:${trap.port}`, `http://127.0.0.1:${trap.port}`])
    await expect(agent.request({ origin, path: "/", method: "POST" })).rejects.toThrow(
      "not a public one",
    );
  expect(trap.count()).toBe(0);
  await agent.destroy();
});

test("http to a public address is refused even where private addresses are allowed", async () => {
  const result = await send("http://hooks.example.com/", {
    allowed: true,
    resolveName: async () => ["93.184.215.14"],
  });
  expect(result.error).toBe(
    "Deliveries to public addresses have to go by https; nothing was sent.",
  );
});

test("a name without an address, and one whose lookup fails, is a failed attempt", async () => {
  const error =
    "The host's name could not be resolved: it has no address, or its name servers don't answer.";
  expect(await send("https://hooks.example.com/", { resolveName: async () => [] })).toMatchObject({
    error,
  });
  const failing = async (): Promise<never> => {
    throw new Error("queryA ESERVFAIL 10.0.0.53");
  };
  expect(await send("https://hooks.example.com/", { resolveName: failing })).toMatchObject({
    error,
  });
});

test("localhost is reached where loopback is allowed, without asking a server", async () => {
  const port = await listen(
    createServer((socket) => void socket.end("HTTP/1.1 204 No Content\r\n\r\n")),
  );
  const list = new BlockList();
  list.addSubnet("127.0.0.0", 8, "ipv4");
  for (const allowed of [true, list])
    expect(await send(`http://localhost:${port}/`, { allowed })).toMatchObject({ status: 204 });
  const agent = createAgent({ allowed: new BlockList(), connectTimeoutMs: 2_000 });
  await expect(
    agent.request({ origin: `http://localhost:${port}`, path: "/", method: "POST" }),
  ).rejects.toThrow("not a public one");
  await agent.destroy();
});

test("https goes to the judged address, under the name's certificate", async () => {
  const port = await listen(
    createTlsServer({ cert: certificate, key: privateKey }, (request, response) =>
      response.end(String(request.headers.host)),
    ),
  );
  const options = { allowed: true, resolveName: async () => ["127.0.0.1"] } as const;
  expect(await send(`https://hooks.example.com:${port}/`, { ...options, ca: certificate })).toEqual(
    {
      status: 200,
      isUnreachable: false,
      retryAfter: null,
      excerpt: `hooks.example.com:${port}`,
      address: "127.0.0.1",
      error: null,
    },
  );
  expect(await send(`https://hooks.example.com:${port}/`, options)).toMatchObject({
    status: null,
    error:
      "The encrypted connection failed: the host's certificate is signed by itself, not by an authority (DEPTH_ZERO_SELF_SIGNED_CERT).",
  });
  expect(
    await send(`https://other.example.com:${port}/`, { ...options, ca: certificate }),
  ).toMatchObject({
    error:
      "The encrypted connection failed: the host's certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID).",
  });
});

test("a proxy of the environment is not used, though it is there for others", async () => {
  const proxy = await startTrap();
  const receiver = await startAnswering("HTTP/1.1 204 No Content\r\n\r\n");
  const program = `
    import { createAgent } from ${JSON.stringify(new URL("create-agent.ts", import.meta.url).href)};
    const origin = "http://127.0.0.1:${receiver.port}";
    const agent = createAgent({ allowed: true, connectTimeoutMs: 2_000 });
    const { statusCode } = await agent.request({ origin, path: "/", method: "POST" });
    await agent.destroy();
    const fetched = await fetch(origin).then(() => "answered", () => "failed");
    console.log(JSON.stringify({ statusCode, fetched }));
  `;
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  // Read at the start of a process only.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program],
    {
      env: {
        ...process.env,
        NODE_USE_ENV_PROXY: "1",
        HTTP_PROXY: proxyUrl,
        http_proxy: proxyUrl,
        HTTPS_PROXY: proxyUrl,
        https_proxy: proxyUrl,
        ALL_PROXY: proxyUrl,
        all_proxy: proxyUrl,
        NO_PROXY: "",
        no_proxy: "",
      },
    },
  );
  // What goes by way of the environment comes to the trap, so that the environment is shown to be in force.
  expect(JSON.parse(stdout)).toEqual({ statusCode: 204, fetched: "failed" });
  expect(receiver.count()).toBe(1);
  expect(proxy.count()).toBe(1);
});

test.each([
  {
    name: "no HTTP at all",
    bytes: "SSH-2.0-OpenSSH_9.6\r\n",
    error: "The answer was not valid HTTP.",
  },
  {
    name: "headers without an end",
    bytes: `HTTP/1.1 200 OK\r\n${`x: ${"y".repeat(1_000)}\r\n`.repeat(40)}`,
    error: "The answer was not valid HTTP.",
  },
  { name: "nothing", bytes: "", error: "The connection ended before an answer came." },
])("$name is a failed attempt", async ({ bytes, error }) => {
  const port = await listen(createServer((socket) => void socket.on("error", () => {}).end(bytes)));
  expect(await send(`http://127.0.0.1:${port}/`, { allowed: true })).toEqual({
    status: null,
    isUnreachable: true,
    retryAfter: null,
    excerpt: null,
    address: "127.0.0.1",
    error,
  });
});

test("a closed port is a failed attempt", async () => {
  const port = await listen(createServer());
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await send(`http://127.0.0.1:${port}/`, { allowed: true })).toMatchObject({
    address: null,
    error: "The connection was refused: nothing listens there.",
  });
});

test("headers that trickle in end with the time-out", async () => {
  const port = await listen(
    createServer((socket) => {
      socket.on("error", () => {}).write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => socket.write("x: y\r\n"), 20);
      socket.on("close", () => clearInterval(timer));
    }),
  );
  expect(await send(`http://127.0.0.1:${port}/`, { allowed: true }, 200)).toMatchObject({
    error: "No answer came within 0.2 seconds.",
  });
});
