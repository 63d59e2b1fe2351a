/** What a thin delivery says of its subject: enough to read the rest from the API, and to tell loss from silence. */
const kept = ["id", "sequence", "mode"] as const;

/** An event's text without what it says of its subject, for endpoints that ask for `thin` payloads. */
export function makeThinPayload(payload: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stored text was written as an envelope
  const event = JSON.parse(payload) as {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  const data = Object.fromEntries(
    kept.flatMap((name) => (name in event.data ? [[name, event.data[name]] as const] : [])),
  );
  return JSON.stringify({ type: event.type, timestamp: event.timestamp, data });
}
