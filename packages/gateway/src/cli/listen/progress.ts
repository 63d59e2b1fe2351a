/** How far listening has come: what a later run goes on from. */
export interface Mark {
  /** All up to this event is done; null: nothing is. */
  readonly after: string | null;
  /** The number that was given to the last wanted event up to there. */
  readonly sequence: number;
  /** Events after it that are done already, since others were let past. */
  readonly done: readonly string[];
}

/** Numbers the wanted events in their order, without a gap, and knows which of them are done. */
export interface Progress {
  /** Takes the next event of the feed. Answers its number, or null where it is not wanted or was done in an earlier run. */
  take(event: string, isWanted: boolean): number | null;
  settle(event: string): void;
  /** How many events have been taken and stand after the mark. */
  count(): number;
  /** How many of them are not done. */
  waiting(): number;
  mark(): Mark;
}

interface Entry {
  readonly event: string;
  readonly sequence: number;
  readonly isWanted: boolean;
  isDone: boolean;
}

export function createProgress(from: Mark): Progress {
  const doneBefore = new Set(from.done);
  const entries = new Map<string, Entry>();
  let { after, sequence: settledSequence, sequence: lastSequence } = from;

  function advance(): void {
    for (const entry of entries.values()) {
      if (!entry.isDone) return;
      entries.delete(entry.event);
      ({ event: after, sequence: settledSequence } = entry);
    }
  }
  return {
    take(event, isWanted) {
      if (isWanted) lastSequence += 1;
      const isDone = !isWanted || doneBefore.delete(event);
      entries.set(event, { event, sequence: lastSequence, isWanted, isDone });
      advance();
      return isDone ? null : lastSequence;
    },
    settle(event) {
      const entry = entries.get(event);
      if (entry !== undefined) entry.isDone = true;
      advance();
    },
    count: () => entries.size,
    waiting: () => [...entries.values()].filter(({ isDone }) => !isDone).length,
    mark: () => ({
      after,
      sequence: settledSequence,
      done: [
        ...[...entries.values()]
          .filter(({ isDone, isWanted }) => isDone && isWanted)
          .map(({ event }) => event),
        ...doneBefore,
      ],
    }),
  };
}
