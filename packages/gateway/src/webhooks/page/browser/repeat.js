/**
 * Does something again and again while the page is looked at; an error is told once, and it goes on.
 * @param {() => Promise<void>} act
 * @param {number | (() => number)} everyMs
 * @param {(error: unknown) => void} failed
 * @returns {() => void} ends it
 */
export function repeat(act, everyMs, failed) {
  let hasEnded = false;
  let hasFailed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    timer = setTimeout(run, typeof everyMs === "number" ? everyMs : everyMs());
  };
  const run = async () => {
    try {
      if (!document.hidden) {
        await act();
        hasFailed = false;
      }
    } catch (error) {
      if (!hasFailed && !hasEnded) failed(error);
      hasFailed = true;
    }
    if (!hasEnded) wait();
  };
  wait();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}
