import { styleText } from "node:util";
import { eventTypes } from "@evergate/sdk";
import type { Told } from "./forwarder.ts";

/** Says what happens, a line for each thing. */
export interface Report {
  /** Facts before it begins: a name and a text each. */
  begin(facts: readonly (readonly [name: string, text: string])[]): void;
  event(event: { readonly id: string; readonly type: string }): void;
  attempt(told: Told): void;
  interrupted(error: Error, retryInMs: number): void;
  say(text: string): void;
}

type Colour = Parameters<typeof styleText>[0];

const longestType = Math.max(...eventTypes.map((type) => type.length));

/** Longer answers are cut: a page of HTML says less than its first words. */
const longestExcerpt = 160;

export function createReport(stream: NodeJS.WriteStream): Report {
  const paint = (colour: Colour, text: string): string => styleText(colour, text, { stream });
  const print = (text: string): void => void stream.write(`${text}\n`);
  const line = (status: string, text: string): void =>
    print(`${paint("dim", toTime(new Date()))}  ${status}  ${text}`);
  const show = ({ item }: Told): string =>
    `${item.type.padEnd(longestType)}  ${paint("dim", `${item.event}  #${item.sequence}`)}`;

  return {
    begin(facts) {
      const width = Math.max(...facts.map(([name]) => name.length));
      for (const [name, text] of facts) print(`${paint("bold", name.padEnd(width))}  ${text}`);
      print("");
    },
    event: ({ id, type }) => line(paint("green", "event"), `${type}  ${paint("dim", id)}`),
    attempt(told) {
      const { result, durationMs, next, isDown } = told;
      const status = String(result.status ?? "---");
      if (next === null)
        return line(paint("green", status), `${`${durationMs} ms`.padStart(8)}  ${show(told)}`);
      const then = next === "given up" ? "Given up." : `Again in ${toSeconds(next.retryInMs)} s.`;
      const excerpt =
        result.excerpt === null ? "" : `\n  ${result.excerpt.slice(0, longestExcerpt)}`;
      line(
        paint(isDown ? "yellow" : "red", status),
        `${`${durationMs} ms`.padStart(8)}  ${show(told)}  ${result.error ?? ""} ${then}${paint("dim", excerpt)}`,
      );
    },
    interrupted: (error, retryInMs) =>
      line(
        paint("yellow", "---"),
        `The gateway doesn't answer: ${error.message} Asked again in ${toSeconds(retryInMs)} s; nothing is missed.`,
      ),
    say: print,
  };
}

function toSeconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}

/** The time on the wall, as the person before it reads it. */
function toTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
