/** Where to go, and what opens the door. */
export type Way = {
  readonly ticket: string;
  readonly endpoints: readonly { readonly url: string; readonly region: string; readonly pool: string }[];
};

/** What the edge said to somebody who asked to come in. */
export type Pass = Way & { readonly session: string; readonly session_id: string; readonly device: string };

/** Asks the edge to be let in, as any client would. */
export async function connect(edgeUrl: string, body: object = {}, query = ""): Promise<Pass> {
  const answer = await fetch(`${edgeUrl}/v1/connect${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`connect was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Pass;
}
