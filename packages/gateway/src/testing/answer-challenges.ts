import { answerChallenge } from "../webhooks/endpoints/challenge.ts";
import type { Receiver } from "./start-receiver.ts";

/** Has a receiver answer challenges with a secret, and take everything else. */
export function answerChallenges(receiver: Receiver, secret: string): void {
  receiver.answer((response, { body }) => {
    const { type, data } = JSON.parse(body) as {
      readonly type: string;
      readonly data: { readonly endpoint: string; readonly challenge: string };
    };
    if (type !== "webhook_endpoint.challenge") return response.writeHead(204).end();
    const answer = answerChallenge(data.endpoint, data.challenge, secret);
    return response.writeHead(200).end(JSON.stringify({ answer }));
  });
}
