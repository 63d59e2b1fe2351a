/** The program can't do what it was started for. The message is one sentence for the person who started it. */
export class StartError extends Error {
  override readonly name = "StartError";
}
