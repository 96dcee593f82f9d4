import { audienceOf, type DeviceClaims, type SessionClaims } from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { expect, test } from "vitest";
import { claimsOf, NEW_YORK, openEdge, START_MS } from "./support/edge.ts";

test("[E1] somebody new gets a session, a device, one ticket and up to three pools of the nearest region", async () => {
  const edge = await openEdge();
  const admission = await edge.admitted();
  const ticket = claimsOf(admission.ticket);
  expect(admission.protocol).toBe("whisper.v1");
  expect(admission.endpoints.map(({ region }) => region)).toEqual(["eu-west", "eu-west"]);
  expect(ticket.aud).toEqual(admission.endpoints.map(({ region, pool }) => audienceOf(region, pool)));
  expect(ticket).toMatchObject({ typ: "ticket", sub: admission.session_id, home: "eu-west", lane: "live", new: true });
  expect(ticket.exp * 1_000).toBe(admission.ticket_expires_at);
  expect(ticket.exp - ticket.iat).toBe(30);
  expect(ticket.dev).toBe(await deviceHashOf(claimsOf<DeviceClaims>(admission.device).sub));
  expect(admission.expires_at).toBe(START_MS + 86_400_000);
  expect((await edge.admitted({}, { geo: NEW_YORK })).endpoints[0]?.region).toBe("us-east");
});

test("[E2] who holds session and device comes back as the same session, home first, with a higher epoch", async () => {
  const edge = await openEdge();
  const first = await edge.admitted();
  const again = await edge.admitted({ session: first.session, device: first.device }, { geo: NEW_YORK });
  const ticket = claimsOf(again.ticket);
  expect(again.session_id).toBe(first.session_id);
  expect(again.device).toBe(first.device);
  expect(again.endpoints[0]?.region).toBe("eu-west");
  expect(ticket.new).toBeUndefined();
  expect(ticket.ep).toBeGreaterThanOrEqual(claimsOf(first.ticket).ep + 4);
  expect(claimsOf<SessionClaims>(again.session).ep).toBe(ticket.ep);
});
