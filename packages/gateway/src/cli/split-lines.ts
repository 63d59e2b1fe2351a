/**
 * A text's lines. Node's readline takes U+2028 for the end of one too, which JSON leaves as it is in the middle of a name.
 */
export async function* splitLines(
  chunks: AsyncIterable<string>,
): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}
