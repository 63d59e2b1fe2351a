import pino, { type DestinationStream, type Logger } from "pino";

/** What must not reach a log even by mistake, wherever an object with it is logged. */
const secretFields = [
  "authorization",
  "cookie",
  "secret",
  "apiKey",
  "password",
  "connectionString",
];

/**
 * The log: one JSON object a line on standard error, which leaves standard output to people.
 * Lines are written beside the work, and the rest of them when the process ends.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: "[redacted]",
      },
    },
    destination ?? pino.destination({ fd: 2, sync: false }),
  );
}
