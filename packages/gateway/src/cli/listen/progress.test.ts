import { describe, expect, test } from "vitest";
import { createProgress } from "./progress.ts";

const beginning = { after: "evt_0", sequence: 0, done: [] };

describe("how far listening has come", () => {
  test("wanted events are numbered without a gap; the mark stands before the first that is not done", () => {
    const progress = createProgress(beginning);
    expect(progress.take("evt_1", true)).toBe(1);
    expect(progress.take("evt_2", false)).toBeNull();
    expect(progress.take("evt_3", true)).toBe(2);
    expect(progress.take("evt_4", true)).toBe(3);
    progress.settle("evt_3");
    expect(progress.mark()).toEqual({ after: "evt_0", sequence: 0, done: ["evt_3"] });
    expect([progress.count(), progress.waiting()]).toEqual([4, 2]);
    progress.settle("evt_1");
    expect(progress.mark()).toEqual({ after: "evt_3", sequence: 2, done: [] });
    progress.settle("evt_4");
    expect(progress.mark()).toEqual({ after: "evt_4", sequence: 3, done: [] });
    expect(progress.count()).toBe(0);
  });

  test("unwanted events alone move the mark, and give no number", () => {
    const progress = createProgress(beginning);
    progress.take("evt_1", false);
    expect(progress.mark()).toEqual({ after: "evt_1", sequence: 0, done: [] });
  });

  test("a later run gives the same numbers, and does nothing twice", () => {
    const first = createProgress(beginning);
    for (const event of ["evt_1", "evt_2", "evt_3"]) first.take(event, true);
    first.settle("evt_1");
    first.settle("evt_3");
    const mark = first.mark();
    expect(mark).toEqual({ after: "evt_1", sequence: 1, done: ["evt_3"] });

    const second = createProgress(mark);
    // Ended before it has read anything, it remembers as much.
    expect(second.mark()).toEqual(mark);
    expect(second.take("evt_2", true)).toBe(2);
    expect(second.take("evt_3", true)).toBeNull();
    expect(second.take("evt_4", true)).toBe(4);
    second.settle("evt_2");
    expect(second.mark()).toEqual({ after: "evt_3", sequence: 3, done: [] });
  });
});
