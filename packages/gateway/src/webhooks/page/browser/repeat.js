/**
 * Does something again and again while the page is looked at, and at once when it is looked at again; an error is told
 * once, and it goes on.
 * @param {() => Promise<void>} act
 * @param {number | (() => number)} everyMs
 * @param {(error: unknown) => void} failed
 * @returns {() => void} ends it
 */
export function repeat(act, everyMs, failed) {
  let hasEnded = false;
  let hasFailed = false;
  let isActing = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    timer = setTimeout(run, typeof everyMs === "number" ? everyMs : everyMs());
  };
  const run = async () => {
    try {
      if (!document.hidden) {
        isActing = true;
        await act();
        hasFailed = false;
      }
    } catch (error) {
      if (!hasFailed && !hasEnded) failed(error);
      hasFailed = true;
    }
    isActing = false;
    if (!hasEnded) wait();
  };
  const comeBack = () => {
    if (document.hidden || isActing) return;
    clearTimeout(timer);
    void run();
  };
  document.addEventListener("visibilitychange", comeBack);
  wait();
  return () => {
    hasEnded = true;
    document.removeEventListener("visibilitychange", comeBack);
    clearTimeout(timer);
  };
}
