// Loaded before the gateway's own program (`node --import`), which then believes to live in another time: months pass for
// live partners without anybody waiting for them. Nothing else of the program differs from the one that people run.

const offsetMs = Number(process.env["FAULTS_CLOCK_OFFSET_MS"] ?? "0");
const readClock = Date.now.bind(Date);
Date.now = () => readClock() + offsetMs;
Object.defineProperty(Temporal.Now, "instant", {
  value: () => Temporal.Instant.fromEpochMilliseconds(Date.now()),
});
