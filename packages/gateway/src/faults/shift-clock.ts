import { readFileSync } from "node:fs";

// Loaded before the gateway's own program (`node --import`), which then believes to live in another time: months pass for
// live partners without anybody waiting for them. Nothing else of the program differs from the one that people run.

const readClock = Date.now.bind(Date);
let offsetMs = Number(process.env["FAULTS_CLOCK_OFFSET_MS"] ?? "0");
Date.now = () => readClock() + offsetMs;
Object.defineProperty(Temporal.Now, "instant", {
  value: () => Temporal.Instant.fromEpochMilliseconds(Date.now()),
});

// Where the clock is to jump while the program runs, in all its threads at once, the offset stands in a file.
const file = process.env["FAULTS_CLOCK_FILE"];
const lookEveryMs = 10;
if (file !== undefined)
  setInterval(() => {
    offsetMs = Number(readFileSync(file, "utf8"));
  }, lookEveryMs).unref();
