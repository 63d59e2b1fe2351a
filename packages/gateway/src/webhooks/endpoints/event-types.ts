/** Whether an endpoint that asked for these types wants an event: `*`, a family such as `subscription.*`, or the type itself. */
export function wantsEvent(eventTypes: readonly string[], type: string): boolean {
  return eventTypes.some(
    (wanted) =>
      wanted === "*" ||
      wanted === type ||
      (wanted.endsWith(".*") && type.startsWith(wanted.slice(0, -1))),
  );
}
