import pino, { type DestinationStream, type Logger } from "pino";
import { createLineWriter } from "./line-writer.ts";

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
 * Lines of one turn are written together, and what is left of them when the process ends.
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
    destination ?? openStandardError(),
  );
}

function openStandardError(): DestinationStream {
  // To touch the stream makes a pipe one that doesn't block: a reader that stands still must not stop the gateway, nor its end.
  // What others write to it, such as Node's warnings, must not end the process either because nobody reads it.
  process.stderr.on("error", () => {});
  const writer = createLineWriter(2);
  process.on("exit", () => writer.flushSync());
  return writer;
}
