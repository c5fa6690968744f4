/** Events that arrive in pieces: cut anywhere, they are the same. */

import { expect, test } from "vitest";

import { EventReader, follow } from "./events";

const SENT = 'data: {"a": "🎈"}\n\n: still here\n\ndata: {"a": "é"}\r\n\r\ndata: [DONE]\n\n';

async function read(pieces: Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream({
    start(controller) {
      pieces.forEach((piece) => controller.enqueue(piece));
      controller.close();
    },
  });
  const events: unknown[] = [];
  for await (const event of follow(new Response(body))) events.push(event);
  return events;
}

test("bytes cut at every place give the same events", async () => {
  const bytes = new TextEncoder().encode(SENT);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await read([bytes.slice(0, cut), bytes.slice(cut)])).toEqual([{ a: "🎈" }, { a: "é" }]);
  }
});

test("an event is whole only with its empty line", () => {
  const reader = new EventReader();
  expect(reader.read("data: 1")).toEqual([]);
  expect(reader.read("2\n")).toEqual([]);
  expect(reader.read("\nid: 7\ndata: 3\n\n")).toEqual([
    { data: "12", id: null },
    { data: "3", id: "7" },
  ]);
});
