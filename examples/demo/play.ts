import type { EvergateEvent } from "@evergate/sdk";
import {
  beginsAt,
  findNextMidnight,
  formatDay,
  listMonthBeginnings,
  toDay,
  toInstant,
} from "./clock.ts";
import { createEventFeed, type EventFeed } from "./event-feed.ts";
import type { DemoPartner } from "./partners.ts";
import type { Names } from "./print/names.ts";
import { renderProgress } from "./print/progress.ts";
import { paint, type Screen } from "./print/screen.ts";
import { renderWebhooks } from "./print/webhooks.ts";
import type { Receiver } from "./processes/start-receiver.ts";
import type { Scene } from "./stories/story.ts";

/** A point in time at which the clock is stopped: for a scene, or because a month begins. */
interface Stop {
  readonly at: Temporal.Instant;
  readonly scene: { readonly of: Actor; readonly scene: Scene } | null;
}

interface Actor extends DemoPartner {
  readonly feed: EventFeed;
  /** The activation code of each subscription, as it was first seen. */
  readonly codes: Map<string, string>;
}

/** Plays all stories on one line of time: the clocks of the three sandboxes go together. */
export async function play(
  partners: readonly DemoPartner[],
  receiver: Receiver,
  names: Names,
  screen: Screen,
): Promise<void> {
  const actors = partners.map((partner): Actor => ({
    ...partner,
    feed: createEventFeed(partner, receiver),
    codes: new Map(),
  }));
  let now = Temporal.Instant.from(beginsAt);
  screen.printHeading(nameMonth(now));

  /** Lets time pass, day by day, so that one can watch it. */
  async function advanceTo(goal: Temporal.Instant): Promise<void> {
    while (Temporal.Instant.compare(now, goal) < 0) {
      const midnight = findNextMidnight(now);
      now = Temporal.Instant.compare(midnight, goal) < 0 ? midnight : goal;
      const to = now.toString();
      await Promise.all(actors.map(({ evergate }) => evergate.sandbox.advanceClock({ to })));
      screen.showLive(renderProgress(now, receiver.countVerified()));
    }
  }

  /** Tells what has come about by itself since the last time, day after day. */
  async function tellWhatFellDue(): Promise<void> {
    const due = await Promise.all(
      actors.map(async (actor) => {
        const byDay = Map.groupBy(await actor.feed.readNew(), ({ timestamp }) =>
          toDay(timestamp).toString(),
        );
        return [...byDay].map(([day, events]) => ({ day, actor, events }));
      }),
    );
    for (const { day, actor, events } of due
      .flat()
      .toSorted((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : 0))) {
      screen.print(renderTitle(day, actor, paint("dim", "falls due")));
      printWebhooks(events, "named");
    }
  }

  async function perform(actor: Actor, scene: Scene): Promise<void> {
    screen.print(renderTitle(scene.at.slice(0, 10), actor, scene.tells));
    const subscription = await scene.happens(actor.evergate);
    const { id, activationCode } = subscription;
    const knownCode = actor.codes.get(id);
    if (knownCode !== undefined && knownCode !== activationCode)
      throw new Error(
        `The activation code of ${id} has changed from ${knownCode} to ${activationCode} (R5).`,
      );
    actor.codes.set(id, activationCode);
    const events = await actor.feed.readUntil(subscription);
    printWebhooks(events, "known");
    if (events.some(({ type }) => type === "subscription.reactivated"))
      screen.print(
        `            ${paint("bold", `still ${activationCode}, the code of its first day`)}`,
      );
  }

  function printWebhooks(events: readonly EvergateEvent[], subject: "named" | "known"): void {
    for (const line of renderWebhooks(events, names, subject)) screen.print(line);
  }

  const stops = listStops(actors);
  for (const { at, scene } of stops) {
    await advanceTo(at);
    await tellWhatFellDue();
    if (scene !== null) await perform(scene.of, scene.scene);
    else {
      screen.clearLive();
      screen.print(`  ${renderProgress(at, receiver.countVerified())}`);
      if (at !== stops.at(-1)?.at) screen.printHeading(nameMonth(at));
    }
  }
}

function listStops(actors: readonly Actor[]): readonly Stop[] {
  const months = listMonthBeginnings().map((at): Stop => ({ at, scene: null }));
  const scenes = actors.flatMap((of) =>
    of.story.scenes.map((scene): Stop => ({ at: toInstant(scene.at), scene: { of, scene } })),
  );
  return [...months, ...scenes].toSorted((one, other) =>
    Temporal.Instant.compare(one.at, other.at),
  );
}

function renderTitle(day: string, { partner }: DemoPartner, text: string): string {
  const date = formatDay(Temporal.PlainDate.from(day));
  return `  ${date.padStart(6)}  ${paint("bold", partner.type.padEnd(9))} ${text}`;
}

function nameMonth(at: Temporal.Instant): string {
  return toDay(at).toLocaleString("en", { month: "long", year: "numeric" });
}
