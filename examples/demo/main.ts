/**
 * The demo: a real gateway, three partners, four months, and the bills that come of it. `npm start` runs it.
 *
 * With `--once` it ends after the bills; else the gateway stays up until Ctrl-C.
 */
import { parseArgs } from "node:util";
import { createScreen } from "./print/screen.ts";
import { createHousehold } from "./processes/household.ts";
import { runDemo } from "./run-demo.ts";

/** As shells report a process that a signal ended. */
const exitCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

process.exit(await main());

async function main(): Promise<number> {
  const screen = createScreen();
  const household = createHousehold();
  const signalled = waitForSignal();
  try {
    const { values } = parseArgs({ options: { once: { type: "boolean", default: false } } });
    const played = await Promise.race([runDemo(household, screen), signalled]);
    // Before the end, a signal is an interruption; later, it is how the gateway that stays up is ended.
    const isInterrupted = typeof played === "string";
    if (!isInterrupted && !values.once) {
      await played.showWhereToGo();
      await Promise.race([household.ended, signalled]);
    }
    if (isInterrupted || !values.once) screen.print("\n  Stopping the gateway and the receiver.");
    screen.mute();
    await household.stopAll();
    return isInterrupted ? (exitCodes[played] ?? 1) : 0;
  } catch (error) {
    screen.mute();
    await household.stopAll();
    console.error(`The demo has failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/** Settled with the first signal that ends the demo. Further ones change nothing: everything is being stopped already. */
function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(name, () => resolve(name));
    // Whoever reads the output has gone, such as `head`.
    process.stdout.on("error", () => resolve("SIGHUP"));
  });
}
