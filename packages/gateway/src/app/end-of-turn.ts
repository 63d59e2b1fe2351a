let ending: Promise<void> | null = null;

/**
 * Waits for the end of this turn of the event loop: what was asked together is answered together.
 * Each write to a socket whose reader sleeps wakes it up, which costs more than a short request itself;
 * of answers that are written one after another only the first does.
 */
export function endOfTurn(): Promise<void> {
  ending ??= new Promise((resolve) => {
    setImmediate(() => {
      ending = null;
      resolve();
    });
  });
  return ending;
}
