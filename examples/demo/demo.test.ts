import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test } from "vitest";

// The demo is run as a newcomer runs it: a process of its own, of which only the output is seen.

const timeoutMs = 120_000;

interface Run {
  readonly readOutput: () => string;
  readonly readErrors: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Settled with the first match in the output; rejects where the demo ends without one. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly exitCode: Promise<number | null>;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

function runDemo(flags: readonly string[], port = "0"): Run {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  return run(process.execPath, [main, ...flags], { EVERGATE_PORT: port });
}

/** Runs a line that the demo proposes for another terminal, after taking in the keys. Only npm is left out, which sets up first. */
function runLine(output: string, keysPath: string, command: string): Run {
  const [, words = ""] =
    new RegExp(`^ {4}npm run -s evergate -- (${command}.*)$`, "m").exec(output) ?? [];
  const main = fileURLToPath(new URL("../../packages/gateway/src/main.ts", import.meta.url));
  return run("sh", ["-c", `. "${keysPath}"; exec "${process.execPath}" "${main}" ${words}`], {});
}

function run(program: string, words: readonly string[], more: NodeJS.ProcessEnv): Run {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", COLUMNS: "80", ...more };
  delete env["FORCE_COLOR"];
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  cleanups.push(() => child.kill("SIGTERM"));
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exitCode = once(child, "close").then(() => child.exitCode);
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output);
        if (match !== null) resolve(match);
      };
      child.stdout.on("data", look);
      look();
      void exitCode.then(() =>
        reject(new Error(`It ended without ${pattern}: ${output}${errors}`)),
      );
    });
  return {
    readOutput: () => output,
    readErrors: () => errors,
    kill: (signal) => child.kill(signal),
    waitFor,
    exitCode,
  };
}

function listPids(output: string): readonly number[] {
  return [...output.matchAll(/, process (\d+)$/gm)].map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The printed bills, line by line: cells set apart by " | ", without the tables' headers and the reasons. */
function readBills(output: string): readonly string[] {
  const [, part = ""] = /^(The bills of [^]*)^Where the surprising/m.exec(output) ?? [];
  return part
    .replaceAll(/^ {4}R\d+ .*\n( {9}\w.*\n)*/gm, "")
    .split("\n")
    .map((line) => line.replaceAll("─", "").trim().replaceAll(/ {2,}/g, " | "))
    .filter((line) => line !== "" && !line.startsWith("Customer | "));
}

// Computed by hand from the rules. All partners: calendar months in Europe/Bratislava, EUR, tax 23 % of the net of a
// bill, rounded half up. Charges: unit price × units × days ÷ days of the month × (1 − discount), rounded half up (R21).
const expectedBills: readonly string[] = [
  // A reseller's subscriptions of 24 November are free to the end of that month (R6): no bill for November (R22).
  "The bills of Tatra Software (reseller)",
  "December 2026 | bill TEST-2026-000001",
  "Bakery Zlatý klas | KS-O365 | 12 | 1.10 | 13.20", // 12 × 1.10
  "Hotel Carpathia | KESC-USER | 25 | 2.00 | 50.00", // 10, then 25, then 5 users: the maximum (R17), 25 × 2.00
  "KHCS-SRV | 2 | 14.50 | 29.00", // 2 × 14.50
  "Penzión Dunaj | KSOS | 6 | 2.40 | 14.40", // paused on 20 December: in full (R16), 6 × 2.40
  // 13.20 + 50.00 + 29.00 + 14.40 = 106.60; × 0.23 = 24.518
  "Net 106.60 + 23 % tax 24.52 = 131.12 EUR",
  "January 2027 | bill TEST-2027-000001",
  "Bakery Zlatý klas | KS-O365 | 12 | 1.10 | 13.20", // stops at the end of January, which is charged (R11)
  "Hotel Carpathia | KESC-PLUS | 5 | 3.20 | 16.00", // from 12 January; 5 × 3.20 is dearer than 5 × 2.00 (R17)
  "KHCS-SRV | 2 | 14.50 | 29.00",
  // Penzión Dunaj was paused all month (R16). 13.20 + 16.00 + 29.00 = 58.20; × 0.23 = 13.386
  "Net 58.20 + 23 % tax 13.39 = 71.59 EUR",
  "February 2027 | bill TEST-2027-000002",
  "Hotel Carpathia | KESC-PLUS | 8 | 3.20 | 25.60", // 8 users, ordered for the next period (R29): 8 × 3.20
  "KHCS-SRV | 2 | 14.50 | 29.00", // stopped at once on 5 February: in full (R16)
  "Penzión Dunaj | KSOS | 6 | 2.40 | 14.40", // resumed on 10 February: in full (R16, R18)
  // 25.60 + 29.00 + 14.40 = 69.00; × 0.23 = 15.87
  "Net 69.00 + 23 % tax 15.87 = 84.87 EUR",
  "March 2027 | bill TEST-2027-000003",
  "Bakery Zlatý klas | KS-O365 | 12 | 1.10 | 13.20", // reactivated on 15 March: in full (R18)
  "Hotel Carpathia | KESC-PLUS | 8 | 3.20 | 25.60",
  "Penzión Dunaj | KSOS | 6 | 2.40 | 14.40",
  // 13.20 + 25.60 + 14.40 = 53.20; × 0.23 = 12.236
  "Net 53.20 + 23 % tax 12.24 = 65.44 EUR",

  "The bills of Karpaty Managed IT (msp)",
  "December 2026 | bill TEST-2026-000001",
  // KESC-USER: 60 + 45 = 105 units, from 100 units 12 % (R20). The school's 30 from 15 December count in January (R17).
  "Hospital Svätá Anna | KESC-USER | 60 | 2.00 | 12 % | 105.60", // 120.00 × 0.88
  "Komenský School | KASAP | 40 | 0.80 | 32.00", // 40 units, below 50: no discount
  "KESC-USER | 45 | 2.00 | 12 % | 79.20", // 90.00 × 0.88
  // 105.60 + 32.00 + 79.20 = 216.80; × 0.23 = 49.864
  "Net 216.80 + 23 % tax 49.86 = 266.66 EUR",
  "January 2027 | bill TEST-2027-000001",
  // KESC-USER: 60 + 30 = 90 units, from 50 units 5 %. Váh Logistics, new on 8 January, is free (R6).
  "Hospital Svätá Anna | KESC-USER | 60 | 2.00 | 5 % | 114.00", // 120.00 × 0.95
  "Komenský School | KASAP | 40 | 0.80 | 32.00",
  "KESC-USER | 30 | 2.00 | 5 % | 57.00", // 60.00 × 0.95
  // 114.00 + 32.00 + 57.00 = 203.00; × 0.23 = 46.69
  "Net 203.00 + 23 % tax 46.69 = 249.69 EUR",
  "February 2027 | bill TEST-2027-000002",
  // KESC-USER: 60 + 30 + 420 = 510 units, from 500 units 20 %
  "Hospital Svätá Anna | KESC-USER | 60 | 2.00 | 20 % | 96.00", // 120.00 × 0.80
  "Komenský School | KASAP | 40 | 0.80 | 32.00",
  "KESC-USER | 30 | 2.00 | 20 % | 48.00", // 60.00 × 0.80
  "Váh Logistics | KESC-USER | 420 | 2.00 | 20 % | 672.00", // 840.00 × 0.80
  // 96.00 + 32.00 + 48.00 + 672.00 = 848.00; × 0.23 = 195.04
  "Net 848.00 + 23 % tax 195.04 = 1043.04 EUR",
  "March 2027 | bill TEST-2027-000003",
  // The hospital has KESC-PLUS from 3 March: 60 × 3.20 is dearer than 60 × 2.00 (R17). Each product for itself (R20):
  // KESC-PLUS 60 units, 5 %; KESC-USER 30 + 420 = 450 units, 12 %
  "Hospital Svätá Anna | KESC-PLUS | 60 | 3.20 | 5 % | 182.40", // 192.00 × 0.95
  "Komenský School | KASAP | 40 | 0.80 | 32.00",
  "KESC-USER | 30 | 2.00 | 12 % | 52.80", // 60.00 × 0.88
  "Váh Logistics | KESC-USER | 420 | 2.00 | 12 % | 739.20", // 840.00 × 0.88
  // 182.40 + 32.00 + 52.80 + 739.20 = 1006.40; × 0.23 = 231.472
  "Net 1006.40 + 23 % tax 231.47 = 1237.87 EUR",

  "The bills of Danube Telecom (xsp)",
  "November 2026 | bill TEST-2026-000001",
  // No trial: 24 to 30 November are 7 of 30 days (R18). 5 × 0.59 = 2.95; × 7 ÷ 30 = 0.6883
  "Zuzana Malá | KSK | 5 | 0.59 | 7/30 | 0.69",
  // 0.69 × 0.23 = 0.1587
  "Net 0.69 + 23 % tax 0.16 = 0.85 EUR",
  "December 2026 | bill TEST-2026-000002",
  // 14 days from 24 November are free through 7 December: 24 of 31 days (R18). 3 × 1.99 = 5.97; × 24 ÷ 31 = 4.6219
  "Eva Horváthová | KTS | 3 | 1.99 | 24/31 | 4.62",
  "Zuzana Malá | KSK | 5 | 0.59 | 2.95", // stopped at once on 12 December: in full (R16)
  // 4.62 + 2.95 = 7.57; × 0.23 = 1.7411. Peter's 2 months are November and December (R6).
  "Net 7.57 + 23 % tax 1.74 = 9.31 EUR",
  "January 2027 | bill TEST-2027-000001",
  "Eva Horváthová | KTS | 3 | 1.99 | 5.97",
  "Peter Kováč | KISA | 2 | 0.69 | 1.38", // paused on 15 January: in full (R16)
  "Zuzana Malá | KSK | 5 | 0.59 | 2.95", // reactivated on 20 January: in full (R18)
  // 5.97 + 1.38 + 2.95 = 10.30; × 0.23 = 2.369
  "Net 10.30 + 23 % tax 2.37 = 12.67 EUR",
  "February 2027 | bill TEST-2027-000002",
  "Eva Horváthová | KTS | 3 | 1.99 | 5.97", // KIS from 10 February: 3 × 1.99 is dearer than 3 × 1.49 (R17)
  "Zuzana Malá | KSK | 5 | 0.59 | 2.95",
  // Peter was paused all month (R16). 5.97 + 2.95 = 8.92; × 0.23 = 2.0516
  "Net 8.92 + 23 % tax 2.05 = 10.97 EUR",
  "March 2027 | bill TEST-2027-000003",
  "Eva Horváthová | KIS | 3 | 1.49 | 4.47", // 3 × 1.49
  "Peter Kováč | KISA | 2 | 0.69 | 1.38", // resumed on 5 March: in full (R16, R18)
  "Zuzana Malá | KSK | 5 | 0.59 | 2.95",
  // 4.47 + 1.38 + 2.95 = 8.80; × 0.23 = 2.024
  "Net 8.80 + 23 % tax 2.02 = 10.82 EUR",
];

test(
  "--once prints the bills that the rules come to, has every webhook verified, and leaves nothing running",
  { timeout: timeoutMs },
  async () => {
    const demo = runDemo(["--once"]);
    expect([await demo.exitCode, demo.readErrors()]).toEqual([0, ""]);
    const output = demo.readOutput();
    expect(readBills(output)).toEqual(expectedBills);

    const [, verified, recorded] =
      /✓ (\d+) webhooks verified, (\d+) events on record/.exec(output) ?? [];
    expect(Number(verified)).toBeGreaterThan(100);
    expect(verified).toBe(recorded);
    const [, firstCode] = /Bakery Zlatý klas subscribes[^]*?#1 {2}code (\S+)/.exec(output) ?? [];
    expect(firstCode).toMatch(/^\w{5}(-\w{5}){3}$/);
    expect(output).toContain(`still ${firstCode}, the code of its first day`);

    expect(stripVTControlCharacters(output)).toBe(output);
    expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(listPids(output)).toHaveLength(2);
    expect(listPids(output).filter(isAlive)).toEqual([]);
  },
);

test(
  "without --once the gateway stays up, with its keys in a file of the user's own, until Ctrl-C",
  { timeout: timeoutMs },
  async () => {
    const demo = runDemo([]);
    const [, keysPath = ""] = await demo.waitFor(/^ {2}Keys +(\S+)/m);
    await demo.waitFor(/ trigger subscription\.paused\n/);
    expect(statSync(keysPath).mode & 0o777).toBe(0o600);
    const keys = new Map(
      readFileSync(keysPath, "utf8")
        .trim()
        .split("\n")
        .map((line) => [line.replace(/^export |=.*/g, ""), line.replace(/^export \w+=/, "")]),
    );
    const bills = await fetch(`${keys.get("EVERGATE_URL")}/v1/bills`, {
      headers: { authorization: `Bearer ${keys.get("RESELLER_KEY")}` },
    });
    expect(bills.status).toBe(200);
    expect(await bills.json()).toMatchObject({
      data: [
        { month: "2027-03" },
        { month: "2027-02" },
        { month: "2027-01" },
        { month: "2026-12" },
      ],
    });
    for (const key of ["OPERATOR_KEY", "RESELLER_KEY"])
      expect(demo.readOutput()).not.toContain(keys.get(key));

    const events = runLine(demo.readOutput(), keysPath, "listen");
    await events.waitFor(/from now on/);
    const made = runLine(demo.readOutput(), keysPath, "trigger");
    expect(await made.exitCode).toBe(0);
    await events.waitFor(new RegExp(`subscription\\.paused +${made.readOutput().trim()}`));
    events.kill("SIGTERM");
    expect(await events.exitCode).toBe(0);

    demo.kill("SIGINT");
    expect([await demo.exitCode, demo.readErrors()]).toEqual([0, ""]);
    expect(listPids(demo.readOutput()).filter(isAlive)).toEqual([]);
  },
);

test(
  "a gateway that dies ends the demo with one sentence, and nothing is left running",
  { timeout: timeoutMs },
  async () => {
    const demo = runDemo(["--once"]);
    await demo.waitFor(/^December 2026/m);
    const [gateway = 0] = listPids(demo.readOutput());
    process.kill(gateway, "SIGKILL");
    expect(await demo.exitCode).toBe(1);
    expect(demo.readErrors()).toMatch(/^The demo has failed: The gateway ended by SIGKILL.*\n$/);
    expect(listPids(demo.readOutput()).filter(isAlive)).toEqual([]);
  },
);

test(
  "a receiver that dies ends the demo with one sentence, and nothing is left running",
  { timeout: timeoutMs },
  async () => {
    const demo = runDemo(["--once"]);
    await demo.waitFor(/^December 2026/m);
    const [, receiver = 0] = listPids(demo.readOutput());
    process.kill(receiver, "SIGKILL");
    expect(await demo.exitCode).toBe(1);
    expect(demo.readErrors()).toMatch(
      /^The demo has failed: The webhook receiver ended by SIGKILL.*\n$/,
    );
    expect(listPids(demo.readOutput()).filter(isAlive)).toEqual([]);
  },
);

test(
  "a port that is asked for and in use is said in one sentence",
  { timeout: timeoutMs },
  async () => {
    const server = createServer();
    cleanups.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const demo = runDemo(["--once"], String(port));
    expect(await demo.exitCode).toBe(1);
    expect(demo.readErrors()).toBe(
      `The demo has failed: Port ${port}, asked for by EVERGATE_PORT, is in use or not allowed; choose another.\n`,
    );
  },
);
