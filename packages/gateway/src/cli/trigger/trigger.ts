import { eventTypes, type EventType } from "@evergate/sdk";
import { isId } from "../../ids.ts";
import { StartError } from "../../server/start-error.ts";
import { readFlag, UsageError, type Environment, type Flags } from "../command.ts";
import { connectToSandbox } from "../connect-to-sandbox.ts";
import { findNear } from "../../contract/find-near.ts";
import type { Recipe } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import { createStage } from "./stage.ts";
import { triggerEvent } from "./trigger-event.ts";

/** Makes an event happen in a sandbox, by doing what it tells of. Its id goes to standard output, what is done to standard error. */
export async function runTrigger(flags: Flags, env: Environment): Promise<number> {
  if (flags["list"] === true) {
    process.stdout.write(renderList());
    return 0;
  }
  const type = readType(readFlag(flags, "event"));
  const recipe = recipes[type];
  if ("impossible" in recipe)
    throw new StartError(`${type} can't be triggered. ${recipe.impossible}`);
  const product = readProduct(readFlag(flags, "product"));
  const { evergate, partner } = await connectToSandbox(flags, env);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const stage = createStage(evergate, partner, product, say);
  const event = await triggerEvent(stage, type, recipe);
  say(`${event.type}, at ${event.timestamp} of the sandbox:`);
  process.stdout.write(`${flags["print-json"] === true ? JSON.stringify(event) : event.id}\n`);
  return 0;
}

function readType(text: string | null): EventType {
  if (text === null) throw new UsageError("Say which event: evergate trigger --list names them.");
  const type = eventTypes.find((known) => known === text);
  if (type !== undefined) return type;
  const near = findNear(text, eventTypes);
  throw new UsageError(
    `There is no event "${text}"; ${near === undefined ? "" : `did you mean ${near}? `}evergate trigger --list names all.`,
  );
}

function readProduct(text: string | null): string | null {
  if (text === null || isId("prod", text) || /^code:[A-Z\d][A-Z\d._-]{0,63}$/.test(text))
    return text;
  throw new UsageError(
    `--product is a product's id, or code: and its code in capital letters, such as code:KES-CLOUD, not "${text}".`,
  );
}

function renderList(): string {
  const width = Math.max(...eventTypes.map((type) => type.length));
  const lines = eventTypes.map((type) => {
    const recipe = recipes[type];
    const text = "impossible" in recipe ? `not by request. ${recipe.impossible}` : describe(recipe);
    return `${type.padEnd(width)}  ${text}\n`;
  });
  return lines.join("");
}

function describe({ summary, movesClock, needsOperator }: Recipe): string {
  const notes = [
    ...(movesClock === true ? ["moves the sandbox's clock"] : []),
    ...(needsOperator === true ? ["needs an operator's key"] : []),
  ];
  return notes.length === 0 ? summary : `${summary} (${notes.join("; ")})`;
}
