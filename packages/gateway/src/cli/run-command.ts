import { UsageError, type Environment } from "./command.ts";
import { commands } from "./commands.ts";
import { describeUnknown, findCommand, listGroup } from "./find-command.ts";
import { readFlags } from "./read-flags.ts";
import { renderCommandHelp } from "./render-help.ts";

/** Words that mean a command though they are written otherwise. */
const aliases: Readonly<Record<string, string>> = {
  "--help": "help",
  "-h": "help",
  "--version": "version",
  "-v": "version",
};

/** Runs what the words say. Answers the exit code: 0 done, 1 failed, 2 written wrongly. */
export async function runCommand(words: readonly string[], env: Environment): Promise<number> {
  const [first = "help", ...others] = words;
  const given = [aliases[first] ?? first, ...others];
  if (given[0] === "help" && given[1]?.startsWith("-") === false) return runHelp(given.slice(1));
  const command = findCommand(commands, given);
  if (command === undefined) return refuseUnknown(given);
  try {
    const flags = readFlags(command, given.slice(command.words.split(" ").length));
    if (flags["help"] === true) {
      process.stdout.write(renderCommandHelp(command));
      return 0;
    }
    return await command.run(flags, env);
  } catch (error) {
    if (error instanceof UsageError)
      return refuse(error.message, `evergate help ${command.words} says more.`);
    const { explainError } = await import("./explain-error.ts");
    process.stderr.write(`${explainError(error)}\n`);
    if (/^(debug|trace)$/.test(env["EVERGATE_LOG_LEVEL"] ?? "") && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

/** One command's help, or that of all whose first word it is. */
function runHelp(words: readonly string[]): number {
  const command = findCommand(commands, words);
  const asked = command === undefined ? listGroup(commands, words) : [command];
  if (asked.length === 0) return refuseUnknown(words);
  process.stdout.write(asked.map(renderCommandHelp).join("\n"));
  return 0;
}

function refuseUnknown(words: readonly string[]): number {
  return refuse(describeUnknown(commands, words), "evergate help lists all.");
}

/** The help itself would push the sentence out of sight: its last line says where it is. */
function refuse(sentence: string, more: string): number {
  process.stderr.write(`${sentence}\n${more}\n`);
  return 2;
}
