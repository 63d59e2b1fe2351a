/**
 * What is sent: the event's stored text with the endpoint's own `delivery` object as its last member. Made of nothing
 * that changes, it is the same bytes at every try.
 */
export function makeBody(payload: string, endpoint: string, sequence: number): string {
  return `${payload.slice(0, -1)},"delivery":${JSON.stringify({ endpoint, sequence })}}`;
}
