import { isConnectionError, isEvergateProblem, isTimeoutError } from "../errors.ts";
import type { Event, EventId } from "../generated/api.ts";
import type { Page } from "../pages.ts";

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

/** How events are followed. */
export interface Following {
  /** Reads the page after an event, and waits where there is none yet. */
  readonly read: (after: EventId | undefined) => Promise<Page<Event>>;
  readonly after: EventId | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onInterrupted: ((error: Error, retryInMs: number) => void) | undefined;
}

/** Walks through events without an end. What can pass by itself is waited out, however long it takes. */
export async function* followEvents(following: Following): AsyncGenerator<Event, never> {
  let { after } = following;
  let failures = 0;
  for (;;) {
    let page: Page<Event>;
    try {
      page = await following.read(after);
      failures = 0;
    } catch (error) {
      if (!(error instanceof Error) || !canPass(error)) throw error;
      failures += 1;
      const delayMs = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
      following.onInterrupted?.(error, delayMs);
      // Between half and all of it: many that a restart has cut off don't come back together.
      await sleep(delayMs * (0.5 + Math.random() / 2), following.signal);
      continue;
    }
    for (const event of page.data) {
      yield event;
      // Only now has it been taken: what an interruption cuts off is read again.
      after = event.id;
    }
  }
}

function canPass(error: Error): boolean {
  if (isConnectionError(error) || isTimeoutError(error)) return true;
  return isEvergateProblem(error) && (error.status === 429 || error.status >= 500);
}

/** Rejects with the signal's reason. */
async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let stop = (): void => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    stop = resolve;
    timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted === true) resolve();
  });
  clearTimeout(timer);
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
}
